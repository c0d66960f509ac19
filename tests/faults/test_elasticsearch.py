"""A real Elasticsearch behind a network that fails, and killed: nothing is lost, and nothing is stored twice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from acctship.testing import FaultProxy
from tests.faults.accounts import expect_all, expect_one_id_each, expect_sums
from tests.faults.campaign import FAULTS, LARGE
from tests.faults.machine import FILTER, Machine
from tests.faults.test_kills import LONGEST_LIFE, live_for
from tests.faults.test_syslog import KINDS, Weather
from tests.outputs.elasticsearch.stored import Stored
from tests.servers.elasticsearch import Elasticsearch, Major
from tests.servers.fixtures import Serve

EACH = FAULTS // 4
KILLS = 20 if LARGE else 2
"""A node takes seconds to be back."""


@pytest.fixture
def shared(elasticsearch: Callable[[Major], Elasticsearch]) -> Iterator[Stored]:
    """In the node that other tests use, too."""
    made = Stored(elasticsearch(9), "faults")
    yield made
    made.clear()


@pytest.fixture
def stored(serve: Serve, tmp_path: Path) -> Stored:
    """In a node that may be killed."""
    return Stored(serve(Elasticsearch, tmp_path / "node", 9), "faults")


def table(there: Stored, port: int) -> str:
    """Small batches and short waits, so that many a one fails."""
    return (
        f'[outputs.es]\ntype = "elasticsearch"\nurl = "http://127.0.0.1:{port}"\nnamespace = "{there.namespace}"\n'
        f'start = "oldest"\n{FILTER}'
        f'[outputs.es.delivery]\nbatch_events = 10\nlinger = "50ms"\ntimeout = "500ms"\n'
    )


def arrived(there: Stored) -> list[dict[str, Any]]:
    return [one["_source"] for one in there.documents(source=True)]


def expect(machine: Machine, there: Stored) -> None:
    """See that all is there, each once, and that the checkpoints add up."""
    written, copy, events = machine.written, machine.events(), arrived(there)
    expect_all({*written.kept}, events, machine.letters("es"), "es")
    expect_all(written.pids, copy, [], "copy")
    expect_one_id_each(events, copy)
    expect_sums("es", written, events, machine.letters("es"), filters=True)
    assert machine.letters("es") == []
    ids = [event["event"]["id"] for event in events]
    assert len(ids) == len({*ids}), "stored twice"


def test_nothing_is_lost_and_nothing_stored_twice_whatever_the_network_does(
    machine: Machine, rng: random.Random, shared: Stored
) -> None:
    port = int(shared.server.url.rpartition(":")[2])
    with FaultProxy("127.0.0.1", port) as proxy:
        machine.configure(table(shared, proxy.port))
        weather = Weather(proxy, rng)

        def done() -> bool:
            if len(weather.shown) >= EACH:
                weather.clear()
                return machine.has("es", {*machine.written.kept}, arrived(shared))
            if rng.random() < 0.3:
                weather.change()
                if rng.random() < 0.1:
                    machine.rotate()
                machine.write(rng.randrange(5, 60), rng)
            return False

        machine.write(200, rng)
        machine.serve(done)
        machine.finish()
        expect(machine, shared)
    assert {*weather.shown} == {*KINDS}


def test_nothing_is_lost_and_nothing_stored_twice_when_acctship_and_the_node_are_killed(
    machine: Machine, rng: random.Random, stored: Stored
) -> None:
    machine.configure(table(stored, int(stored.server.url.rpartition(":")[2])))
    for _ in range(KILLS):
        machine.write(rng.randrange(50, 300), rng)
        with machine.run() as service:
            live_for(service.process, rng.uniform(0, LONGEST_LIFE / 2))
            stored.server.kill()
            machine.write(rng.randrange(5, 100), rng)
            stored.server.start()
            live_for(service.process, rng.uniform(0, LONGEST_LIFE / 2))
            service.kill()
    machine.serve(lambda: machine.has("es", {*machine.written.kept}, arrived(stored)))
    machine.finish()
    expect(machine, stored)
