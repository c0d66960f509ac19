"""Percentiles from classes are within 2 % of those of the durations themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from acctship.reports.durations import EDGES, LONGEST, Durations

HUNDREDTHS = st.integers(0, 200) | st.integers(0, 70_000) | st.integers(0, LONGEST)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), HUNDREDTHS), min_size=1), st.sampled_from((1, 50, 95, 99, 100)))
def test_a_percentile_is_within_2_percent_of_the_nearest_rank(durations: list[tuple[int, int]], percent: int) -> None:
    counted = Durations(3)
    numbers, ticks = np.array(durations).T
    counted.add(numbers, ticks / 100)

    for number in set(numbers.tolist()):
        mine = sorted(ticks[numbers == number].tolist())
        right = mine[math.ceil(len(mine) * percent / 100) - 1] / 100
        (found,) = counted.percentiles(number, (percent,)).tolist()
        assert found == pytest.approx(right, rel=0.0200001)
        assert found == right or right >= 0.5


def test_batches_add_up() -> None:
    whole, parts = Durations(1), Durations(1)
    seconds = np.arange(0, 100_000, 7) / 10
    whole.add(np.zeros(len(seconds), int), seconds)
    for part in np.array_split(seconds, 9):
        parts.add(np.zeros(len(part), int), part)

    assert whole.percentiles(0, (3, 50, 97)).tolist() == parts.percentiles(0, (3, 50, 97)).tolist()


def test_groups_beyond_those_counted_have_no_percentiles() -> None:
    durations = Durations(1)
    durations.add(np.array([0, 1, 0, 5]), np.array([0.1, 9.0, 0.1, 9.0]))

    assert durations.percentiles(0, (100,)).tolist() == [0.1]
    assert np.isnan(durations.percentiles(1, (50, 99))).all()


def test_what_is_longer_than_all_classes_is_in_the_last() -> None:
    durations = Durations(1)
    durations.add(np.zeros(1, int), np.array([1e12]))

    assert durations.percentiles(0, (50,)).tolist() == [EDGES[-1] / 100]
