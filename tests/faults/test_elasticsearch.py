"""A real Elasticsearch behind a network that fails, and killed: nothing is lost, and nothing is stored twice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from acctship.testing import FaultProxy
from tests.faults.campaign import FAULTS, LARGE
from tests.faults.machine import FILTER, Machine
from tests.faults.weather import expect, over_kills, through_weather
from tests.outputs.elasticsearch.stored import Stored
from tests.servers.elasticsearch import Elasticsearch, Major
from tests.servers.fixtures import Serve

EACH = FAULTS // 4
KILLS = 20 if LARGE else 1
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


def port(there: Stored) -> int:
    """Where its node listens."""
    return int(there.server.url.rpartition(":")[2])


def table(there: Stored, port: int) -> str:
    """Small batches and short waits, so that many a one fails."""
    return (
        f'[outputs.es]\ntype = "elasticsearch"\nurl = "http://127.0.0.1:{port}"\nnamespace = "{there.namespace}"\n'
        f'start = "oldest"\n{FILTER}'
        f'[outputs.es.delivery]\nbatch_events = 10\nlinger = "50ms"\ntimeout = "500ms"\n'
    )


def arrived(there: Stored) -> list[dict[str, Any]]:
    return [one["_source"] for one in there.documents(source=True)]


def expect_stored_once(machine: Machine, there: Stored) -> None:
    """See that all is there, each once, and that the checkpoints add up."""
    events = arrived(there)
    expect(machine, "es", events, filters=True)
    ids = [event["event"]["id"] for event in events]
    assert len(ids) == len({*ids}), "stored twice"


def test_nothing_is_lost_and_nothing_stored_twice_whatever_the_network_does(
    machine: Machine, rng: random.Random, shared: Stored
) -> None:
    with FaultProxy("127.0.0.1", port(shared)) as proxy:
        machine.configure(table(shared, proxy.port))
        through_weather(machine, rng, proxy, "es", partial(arrived, shared), faults=EACH)
        expect_stored_once(machine, shared)


def test_nothing_is_lost_and_nothing_stored_twice_when_acctship_and_the_node_are_killed(
    machine: Machine, rng: random.Random, stored: Stored
) -> None:
    machine.configure(table(stored, port(stored)))
    over_kills(machine, rng, stored.server, "es", partial(arrived, stored), kills=KILLS, spare=0)
    expect_stored_once(machine, stored)
