"""The acknowledged run: what may be passed, and what it takes to keep that in mind."""

from __future__ import annotations

import random

import pytest

from acctship.delivery.keeping.acknowledged import HEALTH, AcknowledgedRun, Piece
from acctship.delivery.place import Place


def piece(number: int, key: str = "a", *, records: int = 1, filtered: int = 0, skipped: int = 0) -> Piece:
    """The piece of that number, as if it were 64 bytes long."""
    return Piece(key, number * 64, Place((number + 1) * 64, number), records, filtered, skipped)


def filled(count: int) -> tuple[AcknowledgedRun, list[Piece]]:
    run, pieces = AcknowledgedRun(), [piece(number) for number in range(count)]
    for one in pieces:
        run.add(one)
    return run, pieces


def test_nothing_is_passed_before_it_is_settled() -> None:
    run, pieces = filled(3)
    assert run.advance() == []
    run.settle(pieces[1])
    run.settle(pieces[2])
    assert run.advance() == []
    run.settle(pieces[0])
    (passed,) = run.advance()
    assert (passed.begin, passed.place, passed.sent) == (0, Place(192, 2), 3)
    assert (len(run), run.advance()) == (0, [])


def test_settled_neighbours_are_passed_as_one_with_all_their_counts() -> None:
    run = AcknowledgedRun()
    first, second = piece(0, records=9, filtered=2, skipped=5), piece(1, records=4, filtered=1, skipped=1)
    run.add(first)
    run.add(second)
    run.settle(first, rejected=3)
    run.settle(second, rejected=2)
    (passed,) = run.advance()
    assert (passed.records, passed.filtered, passed.skipped, passed.rejected) == (13, 3, 6, 5)
    assert passed.sent == 5
    assert passed.settled


def test_segments_are_passed_one_after_the_other() -> None:
    run = AcknowledgedRun()
    pieces = [piece(7, "a"), piece(0, "b"), piece(1, "b"), piece(0, HEALTH), piece(8, "a")]
    for one in pieces:
        run.add(one)
    for one in reversed(pieces):
        run.settle(one)
    assert [(one.key, one.begin, one.place.offset) for one in run.advance()] == [
        ("a", 7 * 64, 8 * 64),
        ("b", 0, 128),
        (HEALTH, 0, 64),
        ("a", 8 * 64, 9 * 64),
    ]


def test_piece_with_nothing_to_send_waits_for_those_before_it() -> None:
    run, (first,) = filled(1)
    run.add(Piece("a", 64, Place(640), records=9, filtered=9, settled=True))
    assert run.advance() == []
    run.settle(first)
    (passed,) = run.advance()
    assert (passed.place.offset, passed.sent, passed.filtered) == (640, 1, 9)


def test_thousands_behind_an_unsettled_piece_become_one() -> None:
    run, pieces = filled(5000)
    behind = pieces[1:]
    random.Random(1).shuffle(behind)
    for one in behind:
        run.settle(one)
    for number in range(5000, 10_000):
        run.add(filtered := piece(number, filtered=1))
        run.settle(filtered)
        assert len(run) == 2
    run.settle(pieces[0])
    (passed,) = run.advance()
    assert (passed.begin, passed.place.offset, passed.records) == (0, 10_000 * 64, 10_000)


def test_run_goes_on_behind_what_was_passed() -> None:
    run, pieces = filled(2)
    run.settle(pieces[0])
    assert len(run.advance()) == 1
    run.add(last := piece(2))
    run.settle(last)
    assert run.advance() == []
    run.settle(pieces[1])
    assert [one.place.offset for one in run.advance()] == [192]


def test_piece_cannot_be_settled_twice() -> None:
    run, pieces = filled(3)
    run.settle(pieces[1])
    run.settle(pieces[0])
    for one in pieces[:2]:
        with pytest.raises(ValueError, match="is settled already"):
            run.settle(one)


@pytest.mark.parametrize("rejected", [-1, 3])
def test_no_more_is_rejected_than_was_to_be_sent(rejected: int) -> None:
    run, one = AcknowledgedRun(), piece(0, records=5, filtered=3)
    run.add(one)
    with pytest.raises(ValueError, match=f"a: {rejected} rejected of 2"):
        run.settle(one, rejected=rejected)
    assert run.advance() == []


@pytest.mark.parametrize("number", [0, 2])
def test_gap_or_repetition_within_a_segment_is_refused(number: int) -> None:
    run, _ = filled(1)
    with pytest.raises(ValueError, match=f"a: {number * 64} does not follow 64"):
        run.add(piece(number))
    assert len(run) == 1


def test_health_lines_that_were_dropped_leave_a_gap() -> None:
    run, pieces = AcknowledgedRun(), [piece(0, HEALTH), piece(5, HEALTH)]
    for one in pieces:
        run.add(one)
        run.settle(one)
    (passed,) = run.advance()
    assert (passed.place.offset, passed.records) == (6 * 64, 2)
