"""Accounting that the kernel pauses for want of room is told as that, and bounded once it goes on."""

from __future__ import annotations

from tests.kernel.pausing import Pausing
from tests.kernel.watching import health, of


def test_no_room_pauses_accounting_and_room_resumes_it(pausing: Pausing) -> None:
    copy = pausing.copy()
    (start,) = of(copy, "accounting-paused", "start")
    (end,) = of(copy, "accounting-paused", "end")
    (gap,) = of(copy, "accounting-gap")
    assert start.message
    assert "% free: the kernel pauses accounting at 2 %, resumes at 4 %" in start.message
    assert health(start).outage == health(end).outage
    assert health(gap).after == health(start).after
    assert health(gap).before is not None
    assert of(copy, "accounting-stopped", "start") == []
