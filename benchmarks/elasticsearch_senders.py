"""Senders to one Elasticsearch, each in a process of its own, so that time and memory are its own.

    python benchmarks/elasticsearch_senders.py NAME URL EVENTS

Prints a `sending.Sent`: events a second, CPU microseconds an event, and peak megabytes. The events are 5,000 real ones
over and over, each time with other ids. Those that take dicts have them beforehand: to make them is not counted.
"""

from __future__ import annotations

import http.client
import json
import resource
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.remove(str(Path(__file__).parent))  # `import elasticsearch` would find the file of that name here
sys.path.insert(0, str(Path(__file__).parents[1]))

import elasticsearch
import msgspec
from elasticsearch import helpers

from acctship.deployed import deploy
from acctship.events.batch import EventBatch
from acctship.outputs.elasticsearch.body import bulk
from acctship.testing import deliver, events_of
from benchmarks.records import EXAMPLE, LINUX_V3_LE

AT_ONCE = 5000
STREAM = "logs-acct.process-bench"
FILTER = "errors,items.*.status"

_RUN = uuid.uuid4().hex[:20]


def _lines() -> list[bytes]:
    raw = EXAMPLE.read_bytes()
    size = LINUX_V3_LE.dtype.itemsize
    records = [raw[at : at + size] for at in range(0, len(raw), size)]
    return list(events_of((records * (AT_ONCE // len(records) + 1))[:AT_ONCE]).json())


LINES = _lines()


def _ids(round_: int, at_once: int = AT_ONCE) -> list[str]:
    return [f"{_RUN}-{(round_ * at_once + at) * 64:x}-{at:08x}" for at in range(at_once)]


def _batches(count: int, at_once: int = AT_ONCE) -> Iterator[EventBatch]:
    for round_ in range(count // at_once):
        batch = EventBatch.from_json(LINES[:at_once])
        batch.ids = _ids(round_, at_once)
        yield batch


def _actions(count: int) -> Callable[[], Iterator[dict[str, Any]]]:
    sources = [msgspec.json.decode(line) for line in LINES]

    def made() -> Iterator[dict[str, Any]]:
        for round_ in range(count // AT_ONCE):
            for name, source in zip(_ids(round_), sources, strict=True):
                yield {"_op_type": "create", "_index": STREAM, "_id": name, "_source": source}

    return made


def streaming_bulk(url: str, count: int) -> Callable[[], int]:
    """`helpers.streaming_bulk`, as it comes, but with more events at once, which it is faster with."""
    actions, client = _actions(count), elasticsearch.Elasticsearch(url)
    return lambda: sum(ok for ok, _ in helpers.streaming_bulk(client, actions(), chunk_size=AT_ONCE))


def parallel_bulk(url: str, count: int) -> Callable[[], int]:
    """`helpers.parallel_bulk` with its four threads."""
    actions, client = _actions(count), elasticsearch.Elasticsearch(url)
    return lambda: sum(ok for ok, _ in helpers.parallel_bulk(client, actions(), chunk_size=AT_ONCE))


def acctship(url: str, count: int) -> Callable[[], int]:
    """This output, with the limits that it has unless a site sets them."""
    return _acctship(url, count)


def acctship_gzip(url: str, count: int) -> Callable[[], int]:
    """The same, compressed."""
    return _acctship(url, count, compress=True)


def _acctship(url: str, count: int, **keys: Any) -> Callable[[], int]:
    deployed = deploy("bench", {"type": "elasticsearch", "url": url, "namespace": "bench", **keys})
    return lambda: deliver(deployed, _batches(count, deployed.limits.batch_events)).acknowledged


def bodies_alone(url: str, count: int) -> Callable[[], int]:
    """Bodies that were made beforehand, over bare HTTP and two connections: what the server itself can take."""
    bodies = [bulk(batch, {}) for batch in _batches(count)]
    where, left, lock = urlsplit(url), list(reversed(bodies)), threading.Lock()

    def post(_: int) -> int:
        connection, stored = http.client.HTTPConnection(where.hostname or "", where.port), 0
        while True:
            with lock:
                if not left:
                    return stored
                body = left.pop()
            path = f"/{STREAM}/_bulk?require_data_stream=true&filter_path={FILTER}"
            connection.request("POST", path, body, {"Content-Type": "application/x-ndjson"})
            stored += connection.getresponse().read().count(b"201")

    return lambda: sum(ThreadPoolExecutor(2).map(post, range(2)))


SENDERS: dict[str, Callable[[str, int], Callable[[], int]]] = {
    one.__name__: one for one in (streaming_bulk, parallel_bulk, acctship, acctship_gzip, bodies_alone)
}


def main(arguments: Sequence[str]) -> None:
    """Send, and say what it cost."""
    name, url, count = arguments[0], arguments[1], int(arguments[2])
    send = SENDERS[name](url, count)
    before, began = time.process_time(), time.monotonic()
    stored = send()
    elapsed, used = time.monotonic() - began, time.process_time() - before
    assert stored == count, f"{name}: {stored} of {count} were stored"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([count / elapsed, used / count * 1e6, peak]))


if __name__ == "__main__":
    main(sys.argv[1:])
