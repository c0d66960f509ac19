"""A clock that was set is noticed; one that only goes on is not."""

from __future__ import annotations

import pytest

from acctship.delivery.clock import ClockWatch
from acctship.delivery.notice import Notice


class Clocks:
    """A wall clock that can be set, and a steady one."""

    def __init__(self) -> None:
        self.wall, self.steady = 1_000_000.0, 5.0
        self.told: list[Notice] = []
        self.watch = ClockWatch(self.told.append, lambda: self.wall, lambda: self.steady)

    def pass_time(self, seconds: float, *, step: float = 0.0) -> None:
        self.steady += seconds
        self.wall += seconds + step
        self.watch.look()


def test_time_that_passes_is_no_step() -> None:
    clocks = Clocks()
    for _ in range(1000):
        clocks.pass_time(86_400, step=0.0005)  # as a clock is slewed
    assert clocks.told == []


@pytest.mark.parametrize(("step", "words"), [(3600.0, "forward by 3600.0 s"), (-2.5, "back by 2.5 s")])
def test_step_is_told_once_with_its_size(step: float, words: str) -> None:
    clocks = Clocks()
    clocks.pass_time(0.2, step=step)
    clocks.pass_time(0.2)
    assert [(notice.action, words in notice.message) for notice in clocks.told] == [("clock-stepped", True)]
