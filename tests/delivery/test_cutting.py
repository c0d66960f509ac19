"""Batches are cut to the limits of an output."""

from __future__ import annotations

import pytest

from tests.delivery.standins import Scripted, deliver, events

ONE = max(map(len, events(10).json()))
"""Bytes of the longest of ten events; the shortest has one less."""


@pytest.mark.parametrize(
    ("count", "most", "sizes"), [(10, 4, [4, 4, 2]), (8, 4, [4, 4]), (3, 4, [3]), (3, 1, [1, 1, 1]), (0, 4, [])]
)
def test_no_batch_has_more_events_than_allowed(count: int, most: int, sizes: list[int]) -> None:
    output = Scripted()
    assert deliver(output, events(count), batch_events=most).counts == (count, 0, 0)
    assert output.sizes == sizes


@pytest.mark.parametrize(
    ("most", "sizes"),
    [(3 * ONE, [3, 3, 3, 1]), (10 * ONE, [10]), (2 * ONE - 10, [1] * 10), (1, [1] * 10)],
)
def test_no_batch_has_more_bytes_than_allowed_but_for_one_event_alone(most: int, sizes: list[int]) -> None:
    output = Scripted()
    assert deliver(output, events(10), batch_bytes=most).counts == (10, 0, 0)
    assert output.sizes == sizes
    assert [one for sent in output.sent for one in sent] == events(10).ids
