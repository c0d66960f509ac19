"""What a fleet does to one receiver: 3,000 machines of 5 events a second each, into one HTTP server on this machine.

    python benchmarks/fleet.py [--machines N]

First some real daemons with the example `webhook` show how large their requests are, and how often they come, for a
linger of 1, 2 and 5 s; the imitated senders then do the same on the wire: the same interval, the same share of the
events in a request, a line that a daemon has sent, a new connection for each request. A second pass keeps connections,
as an output of another kind may. At last all machines start at the same moment after 10 s away, with and without splay.

Everything is on the loopback device, and takes about a minute. The receiver is a single thread of Python: read its CPU
time as a measure of requests and connections, not of what a real one can bear.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.daemon import Site
from benchmarks.measure import machine, make_records

RATE = 5.0
LINGERS = (1.0, 2.0, 5.0)
_HERE = Path(__file__).parent
_DAEMONS = 2
"""Real ones for each linger."""
_CALIBRATING, _SETTLING, _SECONDS = 15.0, 2.0, 6.0
_AWAY, _SPLAY = 10.0, 10.0
_RECORD = 64
_WEBHOOK = """\
[outputs.hook]
type = "webhook"
url = "http://127.0.0.1:{port}/{linger:g}"
secret = {{{{ env = "PATH" }}}}
[outputs.hook.delivery]
linger = {linger}
"""


class Receiver:
    """The process that is sent to."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin
        assert process.stdout
        self._ask, self._said = process.stdin, process.stdout
        self.port = int(self._said.readline())

    def report(self) -> dict[str, Any]:
        """What it has counted since the last report."""
        self._ask.write("\n")
        self._ask.flush()
        counted: dict[str, Any] = json.loads(self._said.readline())
        return counted


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that runs."""
    command = [sys.executable, str(_HERE / "fleet_receiver.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Receiver(process)
        finally:
            process.kill()


def calibrate(receiver: Receiver, folder: Path) -> tuple[dict[float, float], str]:
    """Seconds between two requests of a real daemon by its linger, and a line that one of them sent."""
    make_records("real", 1000, folder / "records")
    records = (folder / "records").read_bytes()
    sites = []
    with ExitStack() as daemons:
        for number, linger in enumerate(LINGERS * _DAEMONS):
            (folder / f"{number}").mkdir()
            site = Site(folder / f"{number}", _WEBHOOK.format(port=receiver.port, linger=linger))
            site.path.write_bytes(records[:_RECORD])
            daemons.enter_context(site.run())
            sites.append((site.path, random.uniform(0, 1 / RATE)))
        time.sleep(_SETTLING)
        _write(sites, records, _SETTLING)
        receiver.report()
        _write(sites, records, _CALIBRATING)
        seen = receiver.report()
    periods = {}
    print(f"{_DAEMONS} real daemons for each linger, {RATE:g} events/s each:")
    for linger in LINGERS:
        counts = seen["paths"][f"/{linger:g}"]
        events, size = counts["events"] / counts["requests"], counts["bytes"] / counts["requests"]
        periods[linger] = _DAEMONS * seen["seconds"] / counts["requests"]
        print(
            f"  linger {linger:g} s: a request every {periods[linger]:.2f} s, "
            f"{events:.1f} events and {size:,.0f} bytes in it"
        )
    requests = sum(counts["requests"] for counts in seen["paths"].values())
    print(f"  {seen['connections'] / requests:.2f} connections a request", flush=True)
    return periods, seen["sample"]


def _write(sites: list[tuple[Path, float]], records: bytes, seconds: float) -> None:
    """Append a record to each file every so often, each at its own moments."""
    began = time.monotonic()
    moments = sorted(
        (phase + number / RATE, number, path) for path, phase in sites for number in range(int(seconds * RATE))
    )
    for moment, number, path in moments:
        time.sleep(max(0.0, began + moment - time.monotonic()))
        at = (number + 1) % 1000 * _RECORD
        with path.open("ab") as file:
            file.write(records[at : at + _RECORD])


def imitate(receiver: Receiver, **orders: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the receiver and the senders saw."""
    usual = {"seconds": _SECONDS, "period": 1.0, "rate": RATE, "keep_alive": False, "backlog": 0, "splay": 0.0}
    receiver.report()
    done = subprocess.run(
        [sys.executable, _HERE / "fleet_senders.py", str(receiver.port)],
        input=json.dumps({**usual, **orders}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=120,
    )
    return receiver.report(), json.loads(done.stdout)


def steady(receiver: Receiver, machines: int, periods: dict[float, float], line: str) -> None:
    """Print what the fleet does while nothing is wrong."""
    print(f"{machines:,} imitated senders, {RATE:g} events/s each, {_SECONDS:g} s:")
    for linger, keep_alive in [*((linger, False) for linger in LINGERS), *((linger, True) for linger in LINGERS[:1])]:
        seen, told = imitate(receiver, machines=machines, period=periods[linger], line=line, keep_alive=keep_alive)
        counts, cpu = seen["paths"]["/acct"], seen["cpu"] * seen["seconds"] / _SECONDS
        print(
            f"  linger {linger:g} s, {'connections kept' if keep_alive else 'one connection a request'}: "
            f"{counts['requests'] / _SECONDS:,.0f} requests/s, {seen['connections'] / _SECONDS:,.0f} connections/s, "
            f"{seen['most_open']:,} open at most, {counts['events'] / _SECONDS:,.0f} events/s, "
            f"{counts['bytes'] / _SECONDS / 1e6:.1f} MB/s, receiver {cpu:.0%} of a core; "
            f"{told['failures']} failed, 99 of 100 at most {told['late']:.2f} s late",
            flush=True,
        )


def restart(receiver: Receiver, machines: int, line: str) -> None:
    """Print what happens when all machines start together."""
    print(f"{machines:,} start at once after {_AWAY:g} s away, {_AWAY * RATE:.0f} events each:")
    for splay in (0.0, _SPLAY):
        seen, told = imitate(receiver, machines=machines, line=line, backlog=int(_AWAY * RATE), splay=splay)
        print(
            f"  splay {splay:g} s: {seen['busiest_second']:,} requests in the busiest second, "
            f"{seen['busiest_tenth']:,} in the busiest tenth of one, {seen['most_open']:,} connections open at most, "
            f"longest wait for an answer {told['longest']:.2f} s, {told['failures']} failed",
            flush=True,
        )


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--machines", type=int, default=3000)
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder, receiving() as receiver:
        periods, line = calibrate(receiver, Path(folder))
        steady(receiver, options.machines, periods, line)
        restart(receiver, options.machines, line)


if __name__ == "__main__":
    main()
