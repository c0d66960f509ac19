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

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.error import HTTPError

sys.path.remove(str(Path(__file__).parent))  # `import elasticsearch` would find the file of that name here
sys.path.insert(0, str(Path(__file__).parents[1]))

from acctship.outputs.elasticsearch.lifecycle import Lifecycle
from acctship.outputs.elasticsearch.templates import DATASETS, stream, templates
from benchmarks.daemon import Site
from benchmarks.measure import make_records
from benchmarks.sending import Sent, begin, compare, discarding, end, new_folder
from tests.programs import UnavailableError
from tests.servers.elasticsearch import Elasticsearch

PEER = "bodies_alone"
SENDERS = ("streaming_bulk", "parallel_bulk", "acctship", "acctship_gzip", PEER)
INTO_NOTHING, INTO_REAL = 500_000, 200_000
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


def send(name: str, url: str, count: int) -> Sent:
    """A run of a sender."""
    program = Path(__file__).with_name("elasticsearch_senders.py")
    command = [sys.executable, str(program), name, url, str(count)]
    return Sent(*json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def daemon(server: Elasticsearch, records: Path) -> Sent:
    """A run of the daemon, with new state."""
    with new_folder() as folder:
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
            return Sent(rest / elapsed, used / rest * 1e6, running.peak_mb())


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
    rounds = begin(__doc__)
    with discarding("elasticsearch_discarding.py") as url:
        programs = {name: partial(send, name, url, INTO_NOTHING) for name in SENDERS}
        compare(f"{INTO_NOTHING:,} events into a server that discards", programs, rounds, PEER)
    try:
        with new_folder() as folder:
            make_records("real", INTO_REAL, folder / "pacct")
            with Elasticsearch(folder / "node", 9) as server:
                _real(server, folder / "pacct", rounds)
    except UnavailableError as error:
        sys.exit(str(error))
    end()


def _real(server: Elasticsearch, records: Path, rounds: int) -> None:
    install(server)
    for _ in range(3):  # a server that has just started compiles what it runs: its first events take twice as long
        empty(server)
        send(PEER, server.url, INTO_REAL)
    title = f"{INTO_REAL:,} events into Elasticsearch {server.version}"
    compare(title, _programs(server, records, SENDERS), rounds, PEER)
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        for task in Path(f"/proc/{server.process.pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), cores[:1])
        os.sched_setaffinity(0, cores[1:2])  # and of all that is started from here
        print("The same, a core for the server and another one for the sender:")
        compare(title, _programs(server, records, SENDERS[2:]), rounds, PEER)


def _programs(server: Elasticsearch, records: Path, senders: Sequence[str]) -> dict[str, Callable[[], Sent]]:
    def into_empty(run: Callable[[], Sent]) -> Sent:
        empty(server)
        return run()

    runs = {name: partial(send, name, server.url, INTO_REAL) for name in senders}
    runs["acctship run"] = partial(daemon, server, records)
    return {name: partial(into_empty, run) for name, run in runs.items()}


if __name__ == "__main__":
    main()
