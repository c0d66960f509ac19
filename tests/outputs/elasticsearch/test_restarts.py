"""A real node is killed and started again in the middle of events, and limits what it takes at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from acctship.deployed import deploy
from acctship.events.batch import EventBatch
from acctship.testing import Delivered, deliver, events, huge_events
from tests.outputs.elasticsearch.conftest import LIMIT
from tests.outputs.elasticsearch.stored import Stored
from tests.servers.elasticsearch import Major

Mortal = Callable[[Major], Stored]


def delivered(count: int) -> Delivered:
    return Delivered(count, {}, None)


@pytest.mark.parametrize("major", [8, 9])
def test_node_that_is_killed_in_the_middle_loses_nothing(major: Major, mortal: Mortal) -> None:
    stored = mortal(major)
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
    mortal: Mortal,
) -> None:
    """A node takes 100 MB unless it is set, many a proxy less."""
    stored = mortal(9)
    batch, huge = events(2000), huge_events(1, LIMIT)
    assert sum(map(len, batch.json())) > LIMIT
    done = deliver(deploy("tested", stored.table()), [batch, huge])
    assert (done.acknowledged, [*done.rejected], done.failure) == (2000, [*huge.ids], None)
    assert "too large: " in done.rejected[huge.ids[0]]
    assert sorted(stored.ids()) == sorted(batch.ids)
