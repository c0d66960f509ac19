"""What comes next for an output, and when: a batch that is full leaves at once, one that is not waits a little."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from acctship.delivery.feed import Feed, Shared
from acctship.delivery.following.follower import Follower
from acctship.delivery.health import health_event
from acctship.delivery.keeping.acknowledged import AcknowledgedRun
from acctship.delivery.keeping.cursors import Cursor
from acctship.delivery.keeping.journal import Journal
from acctship.delivery.notice import Notice
from acctship.delivery.reporting import Reporter
from acctship.delivery.sending.parcel import Parcel
from acctship.delivery.sending.worker import Worker
from acctship.events.names import Names, no_name
from acctship.events.source import Source
from tests.delivery.following.followed import numbered
from tests.delivery.standins import Scripted, deploy

SOURCE, NAMES = Source("a test"), Names(no_name, no_name)


class Hands:
    """Takes parcels, if there is room."""

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []
        self.is_free = True

    def room(self) -> bool:
        return self.is_free

    def put(self, parcel: Parcel) -> None:
        self.parcels.append(parcel)

    @property
    def sizes(self) -> list[int]:
        return [len(parcel.batch) for parcel in self.parcels]


class Desk:
    """A feed over a file that the test writes, with a clock that stands still."""

    def __init__(self, folder: Path, until: dict[str, int] | None = None, **limits: Any) -> None:
        self.path, self.now, self.hands = folder / "pacct", 100.0, Hands()
        self.path.touch()
        Journal.create(folder / "health.jsonl")
        self.journal = Journal(folder / "health.jsonl")
        self.follower = Follower(str(self.path), SOURCE, NAMES, (), lambda _notice: None)
        shared = Shared(self.follower, self.journal, NAMES, Reporter(self.journal, SOURCE, lambda _line: None))
        deployed = deploy(Scripted, linger=1.0, **limits)
        cursor = Cursor(places={}, health=0, pending=[])
        self.feed = Feed(deployed, cursor, shared, AcknowledgedRun(), until=until, clock=lambda: self.now)

    def append(self, *numbers: int) -> None:
        with self.path.open("ab") as file:
            file.write(numbered(*numbers))
        self.follower.poll()

    def run(self) -> None:
        """Go on until there is nothing to do."""
        while self.feed.step(cast(Worker, self.hands)):
            pass


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, batch_events=10)
    yield made
    made.follower.close()
    made.journal.close()


def test_event_waits_for_others_as_long_as_it_may_linger(desk: Desk) -> None:
    desk.append(1)
    desk.run()
    assert (desk.hands.sizes, desk.feed.linger()) == ([], 1.0)
    desk.now += 0.75
    desk.append(2, 3)
    desk.run()
    assert (desk.hands.sizes, desk.feed.linger()) == ([], 0.25)
    desk.now += 0.25
    desk.run()
    assert (desk.hands.sizes, desk.feed.linger()) == ([3], None)


def test_full_batch_leaves_at_once(desk: Desk) -> None:
    desk.append(*range(1, 26))
    desk.run()
    assert desk.hands.sizes == [10, 10]
    desk.now += 1
    desk.run()
    assert desk.hands.sizes == [10, 10, 5]


def test_nothing_lingers_when_all_is_to_be_shipped_and_then_ends(desk: Desk) -> None:
    desk.append(1, 2)
    desk.feed.until = desk.follower.finish()
    desk.append(3)
    desk.run()
    assert (desk.hands.sizes, desk.feed.idle) == ([2], True)


def test_batch_that_is_ready_waits_for_room(desk: Desk) -> None:
    desk.hands.is_free = False
    desk.append(*range(1, 16))
    desk.run()
    assert (desk.hands.sizes, desk.feed.blocked) == ([], True)
    desk.hands.is_free = True
    desk.run()
    assert (desk.hands.sizes, desk.feed.blocked) == ([10], False)


def test_health_events_come_before_records_and_have_their_time(desk: Desk) -> None:
    desk.append(1)
    desk.journal.append(health_event(Notice("clock-stepped", "far"), SOURCE, 1_700_000_000_123_000_000))
    desk.now += 0
    desk.run()
    desk.now += 1
    desk.run()
    (parcel,) = desk.hands.parcels
    assert [event.event.action for event in parcel.batch] == ["clock-stepped", "process-ended"]
    assert parcel.batch.times_ns[0] == 1_700_000_000_123_000_000
