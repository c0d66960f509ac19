"""Compare this output with the official client's helpers, into a server that discards and into a real Elasticsearch.

    python benchmarks/elasticsearch.py [--quick]

Five senders, side by side in each round: `helpers.streaming_bulk` and `helpers.parallel_bulk` with 5,000 events at
once, this output, this output with gzip, and bodies that were made beforehand, over two bare connections: what the
server itself can take. Events a second on the clock; CPU time of the sender (user and system), its peak memory. Sender
and server share the machine's cores, so into a real server a sender that costs less is also a faster one.

The daemon's row is `acctship run` on a backlog, from the first event that is stored to the last.

Aims: at least 100,000 events/s into the discarding server; into the real one, within 5 % of what it can take.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import HTTPError

sys.path.remove(str(Path(__file__).parent))  # `import elasticsearch` would find the file of that name here
sys.path.insert(0, str(Path(__file__).parents[1]))

from acctship.outputs.elasticsearch.lifecycle import Lifecycle
from acctship.outputs.elasticsearch.templates import DATASETS, stream, templates
from benchmarks.daemon import Site
from benchmarks.measure import ROUNDS, machine, make_records
from tests.programs import UnavailableError
from tests.servers.elasticsearch import Elasticsearch

SENDERS = ("streaming_bulk", "parallel_bulk", "acctship", "acctship_gzip", "bodies_alone")
INTO_NOTHING, INTO_REAL = 500_000, 200_000
_HERE = Path(__file__).parent
NAMESPACE = "bench"
_LONGEST, _LOOK = 300.0, 0.05


def install(server: Elasticsearch) -> None:
    """Install the templates as `acctship setup elasticsearch` does."""
    for path, body in templates(Lifecycle()).items():
        server.ask("PUT", path, body)


def empty(server: Elasticsearch) -> None:
    """Have data streams in which nothing is stored."""
    for dataset in DATASETS:
        path = f"/_data_stream/{stream(dataset, NAMESPACE)}"
        with suppress(HTTPError):
            server.ask("DELETE", path)
        server.ask("PUT", path)


def send(name: str, url: str, count: int) -> dict[str, float]:
    """What one run of a sender came to."""
    command = [sys.executable, str(_HERE / "elasticsearch_senders.py"), name, url, str(count)]
    said: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return said


def daemon(server: Elasticsearch, records: Path) -> dict[str, float]:
    """What a run of the daemon came to, with new state."""
    with _folder() as folder:
        table = (
            f'[outputs.es]\ntype = "elasticsearch"\nurl = "{server.url}"\nnamespace = "{NAMESPACE}"\nstart = "oldest"\n'
        )
        site = Site(folder, table)
        os.link(records, site.path)
        with site.run() as running:
            while not (first := _stored(server)):
                time.sleep(_LOOK)
            began, before = time.monotonic(), running.cpu_seconds()
            while (count := _stored(server)) < INTO_REAL and time.monotonic() - began < _LONGEST:
                time.sleep(_LOOK)
            elapsed, used = time.monotonic() - began, running.cpu_seconds() - before
            rest = count - first
            return {"rate": rest / elapsed, "cpu_us": used / rest * 1e6, "peak_mb": running.peak_mb()}


def _stored(server: Elasticsearch) -> int:
    try:
        return int(
            server.ask("GET", f"/{stream('acct.process', NAMESPACE)}/_stats/indexing")["_all"]["primaries"]["indexing"][
                "index_total"
            ]
        )
    except (HTTPError, KeyError):  # not there, or no shard of it yet
        return 0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="one round")
    rounds = 1 if parser.parse_args().quick else ROUNDS
    print(f"{machine()}; load {os.getloadavg()[0]:.1f} before; median of {rounds} rounds\n")
    with _discarding() as url:
        _table(f"into a server that discards, {INTO_NOTHING:,} events", [
            {name: send(name, url, INTO_NOTHING) for name in SENDERS} for _ in range(rounds)
        ])  # fmt: skip
    try:
        with _folder() as folder:
            make_records("real", INTO_REAL, folder / "pacct")
            with Elasticsearch(folder / "node", 9) as server:
                _real(server, folder / "pacct", rounds)
    except UnavailableError as error:
        sys.exit(str(error))
    print(f"load {os.getloadavg()[0]:.1f} behind")


def _real(server: Elasticsearch, records: Path, rounds: int) -> None:
    install(server)
    for _ in range(3):  # a server that has just started compiles what it runs: its first events take twice as long
        empty(server)
        send("bodies_alone", server.url, INTO_REAL)
    title = f"into Elasticsearch {server.version}, {INTO_REAL:,} events"
    _table(f"{title}, on the same cores", _rows(server, records, rounds, SENDERS))
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        for task in Path(f"/proc/{server.process.pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), cores[:1])
        os.sched_setaffinity(0, cores[1:2])  # and of all that is started from here
        _table(f"{title}, a core for each", _rows(server, records, rounds, SENDERS[2:]))


def _rows(
    server: Elasticsearch, records: Path, rounds: int, senders: Sequence[str]
) -> list[dict[str, dict[str, float]]]:
    rows = []
    for _ in range(rounds):
        row = {}
        for name in senders:
            empty(server)
            row[name] = send(name, server.url, INTO_REAL)
        empty(server)
        row["acctship run"] = daemon(server, records)
        rows.append(row)
    return rows


def _table(title: str, rows: Sequence[dict[str, dict[str, float]]]) -> None:
    print(f"{title:60} {'events/s':>10} {'CPU us/event':>13} {'peak MB':>8}   rate beside bodies alone")
    for name in rows[0]:
        column = [row[name] for row in rows]
        rate, cpu = (statistics.median(one[key] for one in column) for key in ("rate", "cpu_us"))
        ratios = sorted(row[name]["rate"] / row["bodies_alone"]["rate"] for row in rows)
        spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        print(f"  {name:58} {rate:>10,.0f} {cpu:>13.2f} {max(one['peak_mb'] for one in column):>8.1f}   {spread}")
    print(flush=True)


@contextmanager
def _discarding() -> Iterator[str]:
    command = [sys.executable, str(_HERE / "elasticsearch_discarding.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip()
        finally:
            server.kill()


@contextmanager
def _folder() -> Iterator[Path]:
    name = tempfile.mkdtemp(prefix="acctship-bench-")
    try:
        yield Path(name)
    finally:
        shutil.rmtree(name, ignore_errors=True)


if __name__ == "__main__":
    main()
