"""A dictionary that makes what it lacks, and never grows without bound: processes choose their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Memory(dict[Key, Value], Generic[Key, Value]):
    """Results of a function by its argument, each made once. At `most` entries all are dropped.

    >>> squares = Memory(lambda number: number * number)
    >>> squares[4], squares[4]
    (16, 16)
    """

    def __init__(self, make: Callable[[Key], Value], *, most: int = 8192) -> None:
        super().__init__()
        self._make, self._most = make, most

    def __missing__(self, key: Key) -> Value:
        if len(self) >= self._most:
            self.clear()
        value = self[key] = self._make(key)
        return value
