"""How much time records or log lines cover, even where clocks were set and files are missing in between."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

DAY = 86_400
_LAST_SECOND = 2**32 - 1
"""The kernel writes no later second (2106)."""


class Covered(NamedTuple):
    """Time that is covered.

    Attributes:
        first: earliest second since 1970.
        last: latest second since 1970.
        seconds: time between them, less the gaps.
        gaps: stretches of a day or more in which nothing happened: a file that was not given, or a clock set wrong.
    """

    first: int
    last: int
    seconds: int
    gaps: int


class Span:
    """Collects seconds in any order, in constant memory.

    A machine whose clock began in 1970 and was then set covers a few seconds in 1970 and the time since: the years
    between are a gap, and take no part.

    Example:
        >>> span = Span()
        >>> span.add(np.array([0, 5, 10 * DAY, 10 * DAY + 60]))
        >>> span.covered()
        Covered(first=0, last=864060, seconds=65, gaps=1)
    """

    def __init__(self) -> None:
        days = _LAST_SECOND // DAY + 1
        self._first = np.full(days, _LAST_SECOND + 1, np.int64)
        self._last = np.full(days, -1, np.int64)

    def add(self, seconds: npt.NDArray[np.int64]) -> None:
        """Take in seconds since 1970; what no kernel writes counts as the nearest that one does."""
        seconds = np.clip(seconds, 0, _LAST_SECOND)
        days = seconds // DAY
        np.minimum.at(self._first, days, seconds)
        np.maximum.at(self._last, days, seconds)

    def covered(self) -> Covered | None:
        """What is covered so far; None if nothing was added."""
        (days,) = np.nonzero(self._last >= 0)
        if not len(days):
            return None
        first, last = self._first[days], self._last[days]
        pauses = first[1:] - last[:-1]
        gaps = pauses[pauses >= DAY]
        return Covered(int(first[0]), int(last[-1]), int(last[-1] - first[0] - gaps.sum()), len(gaps))
