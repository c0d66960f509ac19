"""Has somebody set the clock? Then the times of events jump, and searches over them miss some."""

from __future__ import annotations

import time
from collections.abc import Callable

from acctship.delivery.notice import Notice, Report

NOTABLE = 1.0
"""Seconds that a clock may be corrected by without notice: chrony and NTP slew, they do not step, below a second."""


class ClockWatch:
    """Compares the wall clock with one that nobody can set.

    Args:
        report: told of a step.
        wall: seconds since 1970.
        steady: seconds that only go on; the time that a machine sleeps counts (CLOCK_BOOTTIME, clock_gettime(2)).
    """

    def __init__(
        self,
        report: Report,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
    ) -> None:
        self._report, self._wall, self._steady = report, wall, steady
        self._difference = wall() - steady()

    def look(self) -> None:
        """Report if the clock was set since the last look."""
        difference = self._wall() - self._steady()
        step, self._difference = difference - self._difference, difference
        if abs(step) >= NOTABLE:
            way = "forward" if step > 0 else "back"
            self._report(Notice("clock-stepped", f"the clock was set {way} by {abs(step):.1f} s"))
