"""Batches are cut to the limits of an output."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from acctship.delivery.sending.cutting import cut
from tests.delivery.standins import Scripted, deliver, events

ONE = max(map(len, events(10).json()))
"""Bytes of the longest of ten events; the shortest has one less."""


@pytest.mark.parametrize(
    ("count", "most", "sizes"), [(10, 4, [4, 4, 2]), (8, 4, [4, 4]), (3, 4, [3]), (3, 1, [1, 1, 1]), (0, 4, [])]
)
def test_no_part_has_more_events_than_allowed(count: int, most: int, sizes: list[int]) -> None:
    assert list(map(len, cut(events(count), most, 10**9))) == sizes


@pytest.mark.parametrize(
    ("most", "sizes"),
    [(3 * ONE, [3, 3, 3, 1]), (10 * ONE, [10]), (2 * ONE - 10, [1] * 10), (1, [1] * 10)],
)
def test_no_part_has_more_bytes_than_allowed_but_for_one_event_alone(most: int, sizes: list[int]) -> None:
    assert list(map(len, cut(events(10), 10**9, most))) == sizes


@given(count=st.integers(0, 30), most_events=st.integers(1, 40), most_bytes=st.integers(1, 31 * ONE))
def test_parts_follow_each_other_and_none_could_be_longer(count: int, most_events: int, most_bytes: int) -> None:
    batch = events(count)
    parts = list(cut(batch, most_events, most_bytes))
    assert [at for part in parts for at in part] == list(range(count))
    lengths = list(map(len, batch.json()))
    for part in parts:
        total = sum(lengths[at] for at in part)
        assert len(part) == 1 or (len(part) <= most_events and total <= most_bytes)
        more = total + (lengths[part.stop] if part.stop < count else 10**9)
        assert len(part) == most_events or more > most_bytes


@pytest.mark.parametrize(
    ("begun", "sizes"), [((1, ONE), [3, 4, 3]), ((4, 4 * ONE), [4, 4, 2]), ((1, 3 * ONE), [1, 4, 4, 1])]
)
def test_first_part_is_what_fits_to_that_which_is_there(begun: tuple[int, int], sizes: list[int]) -> None:
    assert list(map(len, cut(events(10), 4, 4 * ONE, begun))) == sizes


def test_output_gets_parts_within_its_limits() -> None:
    output = Scripted()
    assert deliver(output, events(10), batch_events=4).counts == (10, 0, 0)
    assert output.sent == [events(10).ids[:4], events(10).ids[4:8], events(10).ids[8:]]
