"""A real node is killed and started again in the middle of events, and limits what it takes at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from acctship.deployed import deploy
from acctship.events.batch import EventBatch
from acctship.testing import Delivered, deliver, events, huge_events
from tests.cli.service import Site, until
from tests.outputs.elasticsearch.stored import Stored
from tests.servers.elasticsearch import Elasticsearch, Major
from tests.servers.fixtures import Serve


def delivered(count: int) -> Delivered:
    return Delivered(count, {}, None)


@pytest.mark.parametrize("major", [8, 9])
def test_node_that_is_killed_in_the_middle_loses_nothing(major: Major, serve: Serve, tmp_path: Path) -> None:
    stored = Stored(serve(Elasticsearch, tmp_path / "node", major), "killed")
    count, at_once = 20_000, 1000
    batch, ending, starts = events(count), threading.Lock(), 0

    def parts() -> Iterator[EventBatch]:
        for at in range(0, count, at_once):
            if at == count // 2:
                with ending:
                    stored.server.kill()
            yield batch[at : at + at_once]

    def between(_seconds: float) -> None:
        nonlocal starts
        with ending:
            if not stored.server.runs():
                starts += 1
                stored.server.start()

    assert deliver(deploy("tested", stored.table()), parts(), between) == delivered(count)
    assert starts == 1
    assert sorted(stored.ids()) == sorted(batch.ids)


def test_request_above_the_limit_of_the_node_is_sent_in_halves_and_an_event_above_it_is_rejected(
    serve: Serve, tmp_path: Path
) -> None:
    """A node takes 100 MB unless it is set, many a proxy less."""
    stored = Stored(serve(Elasticsearch, tmp_path / "node", 9, {"http.max_content_length": "64kb"}), "small")
    batch, huge = events(1000), huge_events(1, 70_000)
    done = deliver(deploy("tested", stored.table()), [batch, huge])
    assert (done.acknowledged, [*done.rejected], done.failure) == (1000, [*huge.ids], None)
    assert "too large: " in done.rejected[huge.ids[0]]
    assert sorted(stored.ids()) == sorted(batch.ids)


def test_outage_of_the_node_loses_nothing_and_is_told(serve: Serve, tmp_path: Path) -> None:
    stored, site = Stored(serve(Elasticsearch, tmp_path / "node", 9), "daemon"), Site(tmp_path)
    table = f'url = "{stored.server.url}"\nnamespace = "daemon"\nstart = "oldest"\n'
    site.configure(f'[outputs.es]\ntype = "elasticsearch"\n{table}[outputs.es.delivery]\nlinger = "50ms"\n')
    site.append(1, 1001)
    with site.run() as service:
        until(lambda: stored.count(stored.process) == 1000, "the node has what was there")
        stored.server.kill()
        site.append(1001, 2001)
        until(lambda: len(site.health("output-unreachable")) == 1, "the other output is told")
        stored.server.start()
        until(lambda: stored.count(stored.process) == 2000, "the node has all, once")
        until(lambda: len(site.health("output-unreachable")) == 2, "the other output is told of the end")
        assert service.stop()[0] == 0
    assert {*stored.ids(stored.process)} == {one["event"]["id"] for one in site.events() if "process" in one}
