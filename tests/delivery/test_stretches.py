"""A chunk is filtered and cut for an output: nothing of it is left out, and batches keep to the limits."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np
from hypothesis import given, strategies as st

from acctship.delivery.following.chunk import Chunk
from acctship.delivery.keeping.acknowledged import Piece
from acctship.delivery.place import Place
from acctship.delivery.stretches import Draft, Stretch, rejected_by_piece, stretches
from acctship.deployed import Deployed
from acctship.events.batch import EventBatch
from acctship.events.names import Names, no_name
from acctship.events.normalize import Normalizer
from acctship.events.source import Source
from acctship.events.where import Conditions, Where
from acctship.records import RecordBatch
from tests.builders import SIZE, batch, record
from tests.delivery.standins import Scripted, deploy

NAMES = Names(no_name, no_name)
UNWANTED = Where(exclude=(Conditions(parent=7),))


def chunk(wanted: list[bool], skipped: int = 0) -> Chunk:
    """Records of which some have the parent that is filtered, behind some skipped bytes."""
    made = batch([record(pid=at, ppid=1 if want else 7) for at, want in enumerate(wanted)], offset=640 + skipped)

    def normalize(records: RecordBatch, omitted: frozenset[str]) -> EventBatch:
        return Normalizer(Source("a test"), NAMES, omitted).events(records)

    return Chunk("key", 640, skipped, "rubbish" if skipped else "", made, 4711, normalize)


def output(where: Where | None = UNWANTED, **limits: Any) -> Deployed:
    return deploy(Scripted, where=where, **limits)


def pids(parts: list[Stretch]) -> list[int]:
    lines = [line for part in parts for line in part.lines]
    return [event.process.pid for event in EventBatch.from_json(lines) if event.process and event.process.pid]


@given(st.lists(st.booleans(), max_size=40), st.integers(0, 200), st.integers(1, 9), st.integers(500, 5000))
def test_pieces_cover_the_chunk_and_count_every_record(
    wanted: list[bool], skipped: int, most: int, most_bytes: int
) -> None:
    whole = chunk(wanted, skipped)
    parts = list(stretches(whole, output(batch_events=most, batch_bytes=most_bytes), NAMES))
    assert [part.piece.begin for part in parts] == [640, *(part.piece.place.offset for part in parts[:-1])]
    assert parts[-1].piece.place == whole.place(len(wanted))
    assert sum(part.piece.records for part in parts) == len(wanted)
    assert sum(part.piece.filtered for part in parts) == wanted.count(False)
    assert sum(part.piece.skipped for part in parts) == skipped
    assert pids(parts) == [at for at, want in enumerate(wanted) if want and at]
    for part in parts:
        assert len(part.lines) == len(part.times_ns) == part.piece.records - part.piece.filtered <= most
        assert len(part.lines) <= 1 or sum(map(len, part.lines)) <= most_bytes
        assert part.piece.settled == (not part.lines)


def test_place_behind_a_piece_is_checked_by_the_record_before_it() -> None:
    whole = chunk([True] * 4)
    first = next(stretches(whole, output(None, batch_events=3), NAMES))
    assert first.piece.place == Place(640 + 3 * SIZE, crc32(record(pid=2)))


def test_chunk_larger_than_a_batch_fills_up_the_draft_before_it() -> None:
    deployed = output(None, batch_events=3)
    draft, sizes = Draft(deployed), []
    for _ in range(2):
        for part in stretches(chunk([True] * 4), deployed, NAMES, draft=draft):
            if not draft.fits(part):
                sizes.append(len(draft.parcel().batch))
            draft.add(part)
    assert [*sizes, draft.events] == [3, 3, 2]


def test_chunk_of_skipped_bytes_alone_is_a_piece_without_events() -> None:
    (part,) = stretches(chunk([], 100), output(), NAMES)
    assert (part.piece.place, part.piece.skipped, part.piece.settled) == (Place(740, 4711), 100, True)


def stretch(events: int, size: int = 100) -> Stretch:
    return Stretch(Piece("key", 0, Place(1), events), [b"x" * size] * events, [7] * events)


def test_draft_takes_what_fits_and_gives_one_batch_of_it() -> None:
    draft = Draft(output(batch_events=5, batch_bytes=1000))
    draft.add(stretch(2))
    assert draft.fits(stretch(3))
    assert not draft.fits(stretch(4)), "too many events"
    assert not draft.fits(stretch(3, 300)), "too many bytes"
    full = [draft.full]
    draft.add(stretch(3))
    assert [*full, draft.full] == [False, True]
    parcel = draft.parcel()
    assert (len(parcel.batch), list(parcel.batch.times_ns), draft.events) == (5, [7] * 5, 0)


def test_event_above_the_limit_goes_alone() -> None:
    draft = Draft(output(batch_events=5, batch_bytes=1000))
    assert draft.fits(stretch(1, 5000))
    draft.add(stretch(1, 5000))
    assert draft.full
    assert not draft.fits(stretch(1, 1))


def test_rejections_are_counted_for_the_piece_that_they_are_in() -> None:
    draft = Draft(output(batch_events=50))
    for events in (2, 3, 1):
        draft.add(stretch(events))
    counts = [count for _, count in rejected_by_piece(draft.parcel(), dict.fromkeys((0, 1, 4, 5), "bad"))]
    assert counts == [2, 1, 1]


def test_mask_is_of_the_records_not_of_the_events() -> None:
    assert np.array_equal(UNWANTED.mask(chunk([True, False]).records, NAMES), [True, False])
