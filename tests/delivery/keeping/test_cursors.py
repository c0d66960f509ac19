"""Cursors: where an output goes on, and what a checkpoint says."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from acctship.delivery.keeping import documents
from acctship.delivery.keeping.acknowledged import HEALTH, Piece
from acctship.delivery.keeping.cursors import Counts, Cursor
from acctship.delivery.place import NOT_WANTED, Place


def settled(
    begin: int, end: int, key: str = "a", *, records: int = 0, filtered: int = 0, skipped: int = 0, rejected: int = 0
) -> Piece:
    return Piece(key, begin, Place(end, 7), records, filtered, skipped, rejected, settled=True)


def begun(place: Place) -> Cursor:
    cursor = Cursor({}, 0, [])
    cursor.begin("a", place)
    return cursor


def test_counts_are_those_of_the_pieces_since_the_last_checkpoint() -> None:
    cursor = begun(Place(64, 5))
    cursor.advance(settled(64, 640, records=8, filtered=3, rejected=1, skipped=64))
    cursor.advance(settled(640, 768, records=2))
    assert cursor.places["a"].place == Place(768, 7)
    assert cursor.checkpoint("a") == Counts(64, 768, records=10, sent=6, filtered=3, rejected=1, skipped=64)
    cursor.advance(settled(768, 832, records=1, rejected=1))
    assert cursor.checkpoint("a") == Counts(768, 832, records=1, sent=0, filtered=0, rejected=1, skipped=0)
    assert cursor.checkpoint("a") == Counts(832, 832, 0, 0, 0, 0, 0)


def test_segments_are_counted_apart() -> None:
    cursor = begun(Place())
    cursor.begin("b", Place())
    cursor.advance(settled(0, 64, records=1))
    cursor.advance(settled(0, 128, key="b", records=2))
    assert cursor.checkpoint("a").records == 1
    assert cursor.checkpoint("b").records == 2


def test_health_moves_on_its_own_and_may_have_missed_lines() -> None:
    cursor = begun(Place(64, 5))
    cursor.advance(settled(0, 100, key=HEALTH, records=1))
    cursor.advance(settled(500, 700, key=HEALTH, records=2))
    assert cursor.health == 700
    assert cursor.places["a"].place == Place(64, 5)


def test_piece_that_does_not_follow_is_refused() -> None:
    cursor = begun(Place(64, 5))
    for begin in (0, 128):
        with pytest.raises(ValueError, match=f"a: a piece from {begin} on does not follow 64"):
            cursor.advance(settled(begin, 256, records=1))
    assert cursor.places["a"].records == 0


@pytest.mark.parametrize("key", ["a", HEALTH])
def test_piece_that_is_not_settled_is_refused(key: str) -> None:
    cursor = begun(Place())
    with pytest.raises(ValueError, match="the piece up to 64 is not settled"):
        cursor.advance(Piece(key, 0, Place(64), records=1))
    assert (cursor.places["a"].offset, cursor.health) == (0, 0)


def test_segment_that_was_not_begun_is_refused() -> None:
    with pytest.raises(KeyError):
        begun(Place()).advance(settled(0, 64, key="b"))


def test_segment_is_closed_until_it_grows() -> None:
    cursor = begun(Place())
    cursor.advance(settled(0, 64, records=1))
    closed: list[bool] = []
    for end in (128, 192):
        cursor.checkpoint("a", final=True)
        closed.append(cursor.places["a"].closed)
        cursor.advance(settled(end - 64, end, records=1))
        closed.append(cursor.places["a"].closed)
    cursor.checkpoint("a")
    assert [*closed, cursor.places["a"].closed] == [True, False, True, False, False]


def test_cursor_is_read_again_as_it_was_saved(tmp_path: Path) -> None:
    cursor = begun(Place(64, 2**32 - 1))
    cursor.begin("b", Place(NOT_WANTED))
    cursor.advance(settled(64, 128, records=1, rejected=1))
    cursor.checkpoint("a", final=True)
    cursor.pending.append('{"event":{"id":"health-1"}}')
    documents.write(tmp_path / "cursor.json", cursor)
    assert documents.read(tmp_path / "cursor.json", Cursor, "") == cursor


@pytest.mark.parametrize("field", ["places", "health", "pending"])
def test_cursor_without_one_of_its_fields_is_no_empty_cursor(field: str) -> None:
    fields = msgspec.to_builtins(begun(Place()))
    del fields[field]
    with pytest.raises(msgspec.ValidationError, match=f"missing required field `{field}`"):
        msgspec.convert(fields, Cursor)
