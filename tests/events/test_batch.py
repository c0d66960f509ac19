"""A batch of events: a sequence, and its encodings, made once and only when asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
import pytest
from hypothesis import given, strategies as st

from acctship.events.batch import EventBatch
from acctship.events.schema import Event
from acctship.testing import health_events
from tests.builders import HOSTILE_COMMANDS, random_records, record
from tests.events.making import make

EVENTS = list(make(random_records(40)))
LINES = [msgspec.json.encode(event) for event in EVENTS]
IDS = [event.event.id for event in EVENTS]
TIMES = [int(datetime.fromisoformat(event.timestamp).timestamp()) * 10**9 for event in EVENTS]


def ways() -> list[EventBatch]:
    """The same batch, made in each way."""
    return [
        EventBatch(EVENTS),
        EventBatch.from_json(LINES),
        EventBatch.from_json(LINES, TIMES),
        make(random_records(40)),
    ]


def warm(batch: EventBatch, names: Sequence[str]) -> None:
    """Have a batch compute something, so that it is kept."""
    compute: dict[str, Callable[[], object]] = {
        "ids": lambda: batch.ids,
        "datasets": lambda: batch.datasets,
        "times_ns": lambda: batch.times_ns,
        "json": batch.json,
        "msgpack": batch.msgpack,
        "events": lambda: list(batch),
    }
    for name in names:
        compute[name]()


def check(batch: EventBatch, positions: Sequence[int]) -> None:
    assert len(batch) == len(positions)
    assert list(batch.ids) == [IDS[at] for at in positions]
    assert list(batch.datasets) == ["acct.process"] * len(positions)
    assert list(batch.times_ns) == [TIMES[at] for at in positions]
    assert list(batch.json()) == [LINES[at] for at in positions]
    assert [msgspec.msgpack.decode(one, type=Event) for one in batch.msgpack()] == [EVENTS[at] for at in positions]
    assert list(batch) == [EVENTS[at] for at in positions]


@pytest.mark.parametrize("way", range(4))
def test_a_batch_is_a_sequence(way: int) -> None:
    batch = ways()[way]
    assert isinstance(batch, Sequence)
    assert (batch[0], batch[-1], batch[39]) == (EVENTS[0], EVENTS[-1], EVENTS[39])
    assert batch.index(EVENTS[7]) == 7
    assert EVENTS[3] in batch
    assert list(reversed(batch)) == EVENTS[::-1]
    assert repr(batch) == "<EventBatch of 40 events>"
    check(batch, range(40))


def test_an_empty_batch() -> None:
    for empty in (EventBatch([]), EventBatch.from_json([]), EventBatch(EVENTS)[:0], EventBatch(EVENTS).select([])):
        assert not empty
        check(empty, [])


@pytest.mark.parametrize("way", range(4))
@pytest.mark.parametrize("at", [40, -41, 1000])
def test_a_position_outside_is_an_index_error(way: int, at: int) -> None:
    batch = ways()[way]
    with pytest.raises(IndexError):
        batch[at]
    with pytest.raises(IndexError):
        batch.select([0, at])


@given(
    way=st.integers(0, 3),
    before=st.lists(st.sampled_from(["ids", "datasets", "times_ns", "json", "msgpack", "events"]), max_size=4),
    positions=st.lists(st.integers(0, 39), max_size=60),
)
def test_a_selection_agrees_with_itself_whatever_was_computed_before(
    way: int, before: list[str], positions: list[int]
) -> None:
    batch = ways()[way]
    warm(batch, before)
    check(batch.select(positions), positions)
    check(batch, range(40))


@given(way=st.integers(0, 3), cut=st.slices(40), again=st.slices(40))
def test_slices_are_batches(way: int, cut: slice, again: slice) -> None:
    part = ways()[way][cut]
    check(part, range(40)[cut])
    check(part[again], range(40)[cut][again])


def test_what_is_not_asked_for_is_not_decoded() -> None:
    batch = EventBatch.from_json([b"no event", LINES[1], b"{}"], [1, 2, 3])
    assert len(batch) == 3
    assert batch.json() == [b"no event", LINES[1], b"{}"]
    assert batch.times_ns == [1, 2, 3]
    part = batch[1:2]
    assert part.times_ns == [2]
    assert part[0] == EVENTS[1]
    with pytest.raises(msgspec.DecodeError):
        batch[1]


def test_what_was_computed_is_kept() -> None:
    batch = EventBatch.from_json(LINES)
    assert batch.json() is batch.json()
    assert batch.msgpack() is batch.msgpack()
    assert batch.ids is batch.ids
    assert batch[3] is batch[3]
    assert EventBatch(EVENTS).json() == LINES


def test_messagepack_says_what_json_says() -> None:
    batch = make([record(comm=comm) for comm in HOSTILE_COMMANDS])
    for one, line in zip(batch.msgpack(), batch.json(), strict=True):
        assert msgspec.msgpack.decode(one) == json.loads(line)


def test_a_line_holds_no_newline() -> None:
    for line in make([record(comm=comm) for comm in HOSTILE_COMMANDS]).json():
        assert len(line.splitlines()) == 1


def test_health_among_records_is_told_apart_and_keeps_its_milliseconds() -> None:
    batch = EventBatch.from_json([LINES[0], *health_events(1).json()])
    assert batch.datasets == ["acct.process", "acct.health"]
    assert batch.ids[0] == IDS[0]
    assert batch.times_ns[1] % 10**9 == 123_000_000
