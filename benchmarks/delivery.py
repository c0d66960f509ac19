"""What the daemon costs, and how fast it is: latency, CPU time at rest, memory, and a backlog beside `acctship decode`.

    python benchmarks/delivery.py [--quick] [backlog] [memory] [latency] [rest]

latency: another process appends 10,000 records a second for a minute. From just before a record's write(2) until
    `send` has returned for the batch that its event is in: a line that is synced to disk (`jsonl`), or the answer of a
    receiver over HTTP (the example `webhook`). With it, CPU time and peak memory in that storm.
rest: CPU time over a minute in which nothing happens, and how often a thread woke up, with 1 and with 4 outputs; as
    root, also over two minutes with a canary every 30 s, where the kernel accounts the daemon.
backlog: `acctship run --drain` to `jsonl` in a file beside `acctship decode` into a file, in turn, three times; the
    ratio, of times on the clock and of CPU times, is that within a round. Only the daemon syncs to disk.
memory: peak on a backlog of 1 GB, to standard output, which is /dev/null: of real records, and of such that no two are
    alike, the worst case. And on one of 64 MB to four files at once.

Aims: latency below 0.5 s for 99 of 100 events; at rest at most 0.1 % of a core; never more than 64 MB.
With --quick, all is about a tenth as long. The programs are bound to no core: writer and daemon run side by side.
"""

from __future__ import annotations

import argparse
import bisect
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.daemon import Site
from benchmarks.measure import ACCTSHIP, ROUNDS, Cost, cost, machine, make_records, median
from benchmarks.sending import new_folder
from tests.kernel.nested import Ground, nested

RATE = 10_000
_RECORD = 64
_BEFORE = 1000
"""Records that are there when the daemon starts: a file without any is looked for but once a second."""
_SETTLING = 3.0
_BLOCK = 16 << 20
"""Bytes of records that a longer file repeats."""
_JSONL = '[outputs.{name}]\ntype = "jsonl"\npath = "{{folder}}/{name}.jsonl"\nstart = "oldest"\n'
_NOTED = '[outputs.copy]\ntype = "noted_{kind}"\n{keys}\nnotes = "{{folder}}/acknowledged"\nstart = "oldest"\n'
_STDOUT = '[outputs.copy]\ntype = "jsonl"\nstart = "oldest"\n'

Notes = list[tuple[int, int]]
"""Nanoseconds, and the process id of the last record that was there by then."""


def latency(folder: Path, kind: str, keys: str, seconds: int) -> None:
    """Print the time from writing a record to the acknowledgement of its event, at 10,000 records a second."""
    site = Site(folder, _NOTED.format(kind=kind, keys=keys))
    make_records("real", _BEFORE + RATE * seconds, folder / "records")
    data = (folder / "records").read_bytes()
    site.path.write_bytes(data[: _BEFORE * _RECORD])
    (folder / "records").write_bytes(data[_BEFORE * _RECORD :])
    written, acknowledged = folder / "written", folder / "acknowledged"
    with site.run() as daemon:
        daemon.until(acknowledged.exists)
        time.sleep(_SETTLING)
        cpu, began = daemon.cpu_seconds(), time.monotonic()
        writer = Path(__file__).with_name("writer.py")
        subprocess.run(
            [sys.executable, writer, folder / "records", site.path, str(RATE), written], check=True, timeout=seconds * 3
        )
        elapsed, end = time.monotonic() - began, _notes(written)[-1][1]
        daemon.until(lambda: bool(notes := _notes(acknowledged)) and notes[-1][1] >= end)
        used, peak = daemon.cpu_seconds() - cpu, daemon.peak_mb()
    waits = _waits(_notes(written), _notes(acknowledged))
    cuts = statistics.quantiles(waits, n=100)
    print(
        f"{kind:8} {RATE:,} records/s for {seconds} s: p50 {cuts[49]:.3f} s, p99 {cuts[98]:.3f} s, "
        f"most {max(waits):.3f} s; {used / elapsed:.1%} of a core; peak {peak:.1f} MB",
        flush=True,
    )


def rest(folder: Path, outputs: int, seconds: int, ground: Ground | None = None) -> None:
    """Print CPU time and memory while nothing happens, but perhaps canaries."""
    site = Site(folder, _jsonl(outputs), ground)
    if ground:
        ground.storm(_BEFORE)
        ground.wait()
    else:
        make_records("real", _BEFORE, site.path)
    with site.run() as daemon:
        daemon.until(lambda: all(_lines(folder / f"copy{number}.jsonl") >= _BEFORE for number in range(outputs)))
        time.sleep(_SETTLING)
        cpu, switches, began = daemon.cpu_seconds(), daemon.switches(), time.monotonic()
        time.sleep(seconds)
        elapsed = time.monotonic() - began
        used, woken = daemon.cpu_seconds() - cpu, daemon.switches() - switches
        print(
            f"{outputs} jsonl{', canaries' if ground else ''}  {used / elapsed:.3%} of a core over {seconds} s, "
            f"{woken / elapsed:.1f} wake-ups/s; peak {daemon.peak_mb():.1f} MB",
            flush=True,
        )


def backlog(folder: Path, records: int) -> None:
    """Print how fast a backlog is drained, beside decoding it."""
    site = Site(folder, _JSONL.format(name="copy"))
    make_records("real", records, site.path)
    rounds: list[tuple[Cost, Cost]] = []
    for _ in range(ROUNDS):
        shell = f"rm -rf {site.state} {folder}/*.jsonl; exec {ACCTSHIP}"
        decode = f"{shell} decode -c {site.config} -f {site.path} > {folder}/decoded.jsonl"
        ship = f"{shell} run -c {site.config} --drain 2> {folder}/messages"
        rounds.append((cost(["sh", "-c", decode]), cost(["sh", "-c", ship])))
        if _lines(folder / "copy.jsonl") < records:
            sys.exit("the daemon has not shipped all")
    for name, costs in zip(("decode > file", "run --drain to jsonl"), zip(*rounds, strict=True), strict=True):
        one = median(costs)
        print(
            f"{name:22} {records:,} records: {records / one.wall_seconds:,.0f} events/s; CPU {one.cpu_seconds:.2f} s; "
            f"peak {one.peak_mb:.1f} MB",
            flush=True,
        )
    for name, at in (("clock", 1), ("CPU", 0)):
        ratios = sorted(decoding[at] / shipping[at] for decoding, shipping in rounds)
        print(f"  of the rate of decode, by {name}: {ratios[1]:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


def memory(folder: Path, kind: str, outputs: str, megabytes: int) -> None:
    """Print peak memory on a backlog."""
    site = Site(folder, outputs)
    make_records(kind, _BLOCK // _RECORD, folder / "block")
    with site.path.open("wb") as file:
        for _ in range(megabytes * 2**20 // _BLOCK):
            with (folder / "block").open("rb") as source:
                shutil.copyfileobj(source, file)
    one = cost(["sh", "-c", f"exec {ACCTSHIP} run -c {site.config} --drain 2> {folder}/messages"])
    rate = megabytes * 2**20 // _RECORD / one.wall_seconds
    number = outputs.count("[")
    print(
        f"{kind:8} backlog of {megabytes} MB to {number} jsonl: peak {one.peak_mb:.1f} MB; {rate:,.0f} records/s",
        flush=True,
    )


@contextmanager
def receiver() -> Iterator[str]:
    """A receiver over HTTP that takes all; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def all_backlog(*, quick: bool) -> None:
    """A backlog beside decoding it."""
    with new_folder() as folder:
        backlog(folder, 100_000 if quick else 1_000_000)


def all_memory(*, quick: bool) -> None:
    """Backlogs of records that are alike, and of such that are not; then four outputs at once."""
    for kind in ("real", "varied"):
        with new_folder() as folder:
            memory(folder, kind, _STDOUT, 64 if quick else 1024)
        with new_folder() as folder:
            memory(folder, kind, _jsonl(4), 16 if quick else 64)


def all_latency(*, quick: bool) -> None:
    """A storm to each kind of output."""
    seconds = 6 if quick else 60
    with new_folder() as folder:
        latency(folder, "jsonl", 'path = "{folder}/copy.jsonl"', seconds)
    with new_folder() as folder, receiver() as url:
        latency(folder, "webhook", f'url = "{url}"\nsecret = {{{{ env = "PATH" }}}}', seconds)


def all_rest(*, quick: bool) -> None:
    """Rest with few outputs and with more; then where the kernel accounts the daemon, with a canary every 30 s."""
    for outputs in (1, 4):
        with new_folder() as folder:
            rest(folder, outputs, 6 if quick else 60)
        if os.geteuid() == 0:
            with new_folder() as folder, nested(folder) as ground:
                rest(folder, outputs, 6 if quick else 120, ground)


PARTS = {"backlog": all_backlog, "memory": all_memory, "latency": all_latency, "rest": all_rest}
"""In this order: children inherit the peak of a parent that has grown, and `latency` grows."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("what", nargs="*", help=", ".join(PARTS))
    orders = parser.parse_args()
    if unknown := set(orders.what) - set(PARTS):
        parser.error(f"{', '.join(unknown)}: there are {', '.join(PARTS)}")
    print(f"{machine()}\n")
    for name, measure in PARTS.items():
        if not orders.what or name in orders.what:
            measure(quick=orders.quick)


def _jsonl(outputs: int) -> str:
    return "".join(_JSONL.format(name=f"copy{number}") for number in range(outputs))


def _notes(path: Path) -> Notes:
    lines = path.read_text("ascii").splitlines() if path.exists() else []
    return [(int(at), int(pid)) for at, pid in map(str.split, lines)]


def _waits(written: Notes, acknowledged: Notes) -> list[float]:
    """Seconds that each record waited."""
    pids = [pid for _, pid in acknowledged]
    waits: list[float] = []
    before = written[0][1] - 1
    for began, pid in written:
        waits += [(acknowledged[bisect.bisect_left(pids, one)][0] - began) / 1e9 for one in range(before + 1, pid + 1)]
        before = pid
    return waits


def _lines(path: Path) -> int:
    if not path.exists():
        return 0
    with path.open("rb") as file:
        return sum(1 for _ in file)


if __name__ == "__main__":
    main()
