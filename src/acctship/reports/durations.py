"""Percentiles of how long processes ran, in constant memory: counts in classes that grow with the duration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from acctship.records.columns import Ints
from acctship.reports.numbering import Numbers

STEP = 25
LONGEST = 1 << 33
"""Hundredths of a second: 2.7 years."""


def _edges() -> list[int]:
    edges = [0]
    while edges[-1] < LONGEST:
        edges.append(edges[-1] + max(1, edges[-1] // STEP))
    return edges


EDGES: Ints = np.array(_edges())
"""Where each class begins, in hundredths of a second.

No class is wider than 4 % of its durations, so that its middle is within 2 % of each; below half a second, a class
holds one duration.
"""

_MIDDLES = (EDGES + np.append(EDGES[1:] - 1, EDGES[-1])) / 200
_SMALL = 1 << 16
_CLASS_OF_SMALL = np.searchsorted(EDGES, np.arange(_SMALL), "right") - 1


class Durations:
    """Count durations in classes, for each of some groups.

    Memory: 2 KiB a group, once there is a duration in it.

    Args:
        groups: number of groups, those numbered from 0; of others nothing is counted.
    """

    def __init__(self, groups: int) -> None:
        self._groups = groups
        self._counts = np.zeros((groups, len(EDGES)), np.uint32)

    def add(self, numbers: Numbers, seconds: npt.NDArray[np.float64]) -> None:
        """Count durations.

        Args:
            numbers: the group of each.
            seconds: the durations; they count to a hundredth.
        """
        if numbers.max(initial=0) >= self._groups:
            within = numbers < self._groups
            numbers, seconds = numbers[within], seconds[within]
        hundredths = np.rint(seconds * 100).astype(np.int64)
        cells = _CLASS_OF_SMALL.take(hundredths, mode="clip")
        if hundredths.max(initial=0) >= _SMALL:
            large = np.flatnonzero(hundredths >= _SMALL)
            cells[large] = np.searchsorted(EDGES, hundredths[large], "right") - 1
        cells += numbers * len(EDGES)
        np.add.at(self._counts.reshape(-1), cells, np.uint32(1))

    def percentiles(self, number: int, percents: Sequence[int]) -> npt.NDArray[np.float64]:
        """Durations that so many percent of a group's processes did not exceed, in seconds; NaN for groups not counted.

        Within 2 % of the exact figure (nearest rank), below half a second exact, above 2.7 years too small.

        >>> durations = Durations(1)
        >>> durations.add(np.zeros(100, int), np.arange(100) / 100)
        >>> durations.percentiles(0, (1, 50)).tolist()
        [0.0, 0.49]
        """
        if number >= self._groups:
            return np.full(len(percents), np.nan)
        counts = np.cumsum(self._counts[number], dtype=np.int64)
        ranks = [-(-counts[-1] * percent // 100) for percent in percents]
        middles: npt.NDArray[np.float64] = _MIDDLES[np.searchsorted(counts, ranks)]
        return middles
