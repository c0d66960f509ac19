"""Looking at a part of a stream whose length nobody knows, and how far off that can be."""

from __future__ import annotations

from math import sqrt

_WITHIN = 2.4
"""So many standard errors either way hold 95 of 100 estimates: 1.96 of many batches, more of a few dozen, measured."""


class Thinning:
    """Chooses items evenly: all of the first `dense`, then every 2nd up to twice as many, every 4th, and so on.

    So the work grows with the logarithm of the stream, and a short one is looked at whole.

    Args:
        dense: a power of two.

    Example:
        >>> thinning = Thinning(4)
        >>> [thinning.weight() for _ in range(18)]
        [1, 1, 1, 1, 2, 0, 2, 0, 4, 0, 0, 0, 4, 0, 0, 0, 8, 0]
    """

    def __init__(self, dense: int) -> None:
        self._dense, self._seen, self._chosen, self._stride = dense, 0, 0, 1

    def weight(self) -> int:
        """How many items the next one stands for; 0 if it is to be passed over."""
        weight = 0 if self._seen % self._stride else self._stride
        self._seen += 1
        if weight:
            self._chosen += 1
            if self._chosen == self._dense:
                self._stride, self._chosen = 2 * self._stride, self._dense // 2
        return weight


class Mean:
    """Mean size of a record, from batches that each stand for `weight` of their like.

    A ratio estimate of the total; its variance is that of Poisson sampling with chance 1/weight, which is too high
    rather than too low for batches taken evenly, and 0 where every batch was looked at.

    Source: Särndal, Swensson, Wretman, Model Assisted Survey Sampling (1992), on the estimation of a ratio.

    Example:
        >>> mean = Mean()
        >>> mean.add(1, 900, 10)
        >>> mean.total(20), mean.error(20)
        (1800, 0)
    """

    def __init__(self) -> None:
        self._size = self._records = 0
        self._size_2 = self._product = self._records_2 = 0

    def add(self, weight: int, size: int, records: int) -> None:
        """Take in the size of a batch of `records`."""
        self._size += weight * size
        self._records += weight * records
        spread = weight * (weight - 1)
        self._size_2 += spread * size * size
        self._product += spread * size * records
        self._records_2 += spread * records * records

    def total(self, records: int) -> int:
        """Size of that many records."""
        return round(self._size * records / self._records) if self._records else 0

    def error(self, records: int) -> int:
        """How far `total` can be off, either way, in 95 of 100 cases."""
        if not self._size_2:
            return 0
        mean = self._size / self._records
        variance = self._size_2 - 2 * mean * self._product + mean * mean * self._records_2
        return round(_WITHIN * sqrt(max(0.0, variance)) * records / self._records)
