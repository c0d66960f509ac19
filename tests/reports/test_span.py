"""How much time is covered, whatever the clock did."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from acctship.reports.span import DAY, Covered, Span
from tests.builders import BTIME


def covered(*seconds: int) -> Covered | None:
    span = Span()
    for second in seconds:
        span.add(np.array([second]))
    return span.covered()


def test_nothing_covers_nothing() -> None:
    assert covered() is None
    span = Span()
    span.add(np.array([], np.int64))
    assert span.covered() is None


@given(st.lists(st.integers(BTIME, BTIME + 3600), min_size=1))
def test_order_and_batches_do_not_matter(seconds: list[int]) -> None:
    whole = Span()
    whole.add(np.array(seconds))

    assert whole.covered() == Covered(min(seconds), max(seconds), max(seconds) - min(seconds), 0) == covered(*seconds)


def test_quiet_night_is_covered_and_a_missing_day_is_not() -> None:
    assert covered(BTIME, BTIME + DAY - 1) == Covered(BTIME, BTIME + DAY - 1, DAY - 1, 0)
    assert covered(BTIME, BTIME + 5, BTIME + 9 * DAY) == Covered(BTIME, BTIME + 9 * DAY, 5, 1)


def test_clock_that_begins_in_1970_adds_only_what_it_ran_there() -> None:
    assert covered(0, 30, BTIME, BTIME + 600) == Covered(0, BTIME + 600, 630, 1)


def test_seconds_that_no_kernel_writes_are_held_within_its_years() -> None:
    assert covered(-(2**63), BTIME, 2**63 - 1) == Covered(0, 2**32 - 1, 0, 2)
