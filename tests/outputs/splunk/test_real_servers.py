"""The real collector has each event once, whatever becomes of it in the middle, as the macro of the add-on counts."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from acctship.testing import deliver, events, health_events, hostile_events
from tests.conftest import skip
from tests.faults.campaign import LARGE
from tests.outputs.splunk.sending import deployed
from tests.programs import UnavailableError
from tests.servers.certificates import Authority
from tests.servers.otelcol import Collector, Listening

MANY = 200_000 if LARGE else 10_000
EARLY = 4_000_000
"""Bytes of what the collector has written when it is killed: some thousand events."""
WAYS: tuple[Listening, ...] = ("hec", "hec-ack", "hec-tls", "hec-ack-tls")


def keys(server: Collector, way: Listening, authority: Authority) -> dict[str, Any]:
    more = {"ca": str(authority.ca)} if "tls" in way else {}
    return {"url": server.url(way), "acknowledge": "ack" in way, "index": "main", **more}


def ids(messages: list[dict[str, Any]]) -> list[str]:
    return [one["event"]["event"]["id"] for one in messages]


@pytest.mark.parametrize("way", WAYS)
def test_each_event_arrives_as_it_was(way: Listening, collector: Collector, authority: Authority) -> None:
    before = len(collector.messages())
    batches = [hostile_events(), health_events(3), events(2)]
    made = deployed(None, **keys(collector, way, authority), fields=["event.id", "process.pid", "labels.label3"])
    done = deliver(made, batches)
    assert (done.rejected, done.failure) == ({}, None)
    arrived = {one["event"]["event"]["id"]: one for one in collector.messages()[before:]}
    for batch in batches:
        for line, time_ns, dataset in zip(batch.json(), batch.times_ns, batch.datasets, strict=True):
            event = json.loads(line)
            got = arrived.pop(event["event"]["id"])
            assert got["event"] == event
            assert got["time_ns"] == pytest.approx(time_ns, abs=1000)  # a double
            assert (got["source"], got["index"]) == ("acctship", "main")
            assert got["sourcetype"] == {"acct.process": "acct:process", "acct.health": "acct:health"}[dataset]
            indexed = {"event.id": event["event"]["id"], "process.pid": event.get("process", {}).get("pid")}
            indexed["labels.label3"] = event.get("labels", {}).get("label3")
            assert got["fields"] == {name: value for name, value in indexed.items() if value is not None}
    assert not arrived


@pytest.mark.parametrize("way", ["hec-ack", "hec-ack-tls"])
def test_many_arrive_once_each(way: Listening, collector: Collector, authority: Authority) -> None:
    count = MANY if way == "hec-ack" else MANY // 10
    before, batch = len(collector.messages()), events(count)
    done = deliver(deployed(None, **keys(collector, way, authority)), [batch])
    assert (done.acknowledged, done.failure) == (count, None)
    assert sorted(ids(collector.messages()[before:])) == sorted(batch.ids)


def test_range_that_is_sent_twice_counts_once(collector: Collector, authority: Authority) -> None:
    """What the macro of the add-on does, `dedup event.id`, leaves each event once."""
    before, batch = len(collector.messages()), events(1000)
    for _ in range(2):
        deliver(deployed(None, **keys(collector, "hec-ack", authority)), [batch])
    arrived = ids(collector.messages()[before:])
    assert len(arrived) == 2000
    assert list(dict.fromkeys(arrived)) == list(dict.fromkeys(one for one in arrived if one in {*batch.ids}))
    assert {*arrived} == {*batch.ids}


def test_server_that_is_killed_in_the_middle_has_all_in_the_end(tmp_path: Path, authority: Authority) -> None:
    try:
        server = Collector(tmp_path / "otelcol", "hec-ack")
    except UnavailableError as error:
        skip(str(error))
    batch, stopped = events(MANY), threading.Event()
    with server:

        def between(_seconds: float) -> None:
            if stopped.is_set():
                server.start()
                stopped.clear()

        def kill() -> None:
            while not server.received.exists() or server.received.stat().st_size < EARLY:
                stopped.wait(0.001)
            server.kill()
            stopped.set()

        killer = threading.Thread(target=kill)
        killer.start()
        done = deliver(deployed(None, **keys(server, "hec-ack", authority), ack_timeout=5), [batch], between)
        killer.join()
        arrived = ids(server.messages())
    assert (done.acknowledged, done.failure) == (len(batch), None)
    assert {*arrived} == {*batch.ids}
