"""Numbers for keys: the same small number for equal keys, found for a whole column at once."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.unsignedinteger]
Numbers = npt.NDArray[np.intp]
Label = TypeVar("Label")

SLOT_BITS = 16
MOST_KEYS = 1 << 15
"""Keys to remember: half the slots, so that a search is short."""

FREE, OTHER = 0, 1
"""Numbers that no label has: that of a slot without a key, and that of all keys for which there was no room."""


class Numbering(Generic[Label]):
    """Give each key the number of its label.

    A hash table in numpy arrays, with open addressing. The multipliers are drawn anew for each table, for whoever
    chooses the keys must not be able to make them meet in one slot.

    Args:
        words: words of 64 bits a key.
        label: what a key stands for, asked once a key. Keys of equal labels share a number.
        other: label of the keys for which there was no room.
        most: labels to tell apart.

    Attributes:
        labels: what each number stands for; the first, FREE, never comes up.
        overflowed: whether there were more labels, or more keys, than there is room for.

    >>> colours = Numbering(1, lambda key: "even" if key[0] % 2 == 0 else "odd", "other", most=10)
    >>> colours.numbers([np.array([0, 3, 4, 5], "u8")]).tolist(), colours.labels
    ([2, 3, 2, 3], ['other', 'other', 'even', 'odd'])
    """

    def __init__(self, words: int, label: Callable[[tuple[int, ...]], Label], other: Label, *, most: int) -> None:
        self.labels = [other, other]
        self.overflowed = False
        self._label, self._most = label, most
        self._known: dict[Label, int] = {}
        self._keys = 0
        self._factors = [np.uint64(secrets.randbits(64) | 1) for _ in range(words)]
        self._words = [np.zeros(1 << SLOT_BITS, np.uint64) for _ in range(words)]
        self._numbers = np.zeros(1 << SLOT_BITS, np.intp)
        # A free slot holds a key of zeros. That key itself hashes to slot 0, which is kept for it, and so it finds
        # this instead until it is put there.
        self._words[0][0] = 1

    def numbers(self, words: Sequence[Words]) -> Numbers:
        """Number of each key.

        Args:
            words: a column for each word of the keys.
        """
        slots = self._slots(words)
        found: Numbers = self._numbers.take(slots)
        same = self._words[0].take(slots) == words[0]
        for table, column in zip(self._words[1:], words[1:], strict=True):
            same &= table.take(slots) == column
        if not same.all():
            missed = np.flatnonzero(~same)
            found[missed] = self._search(slots[missed], [column[missed] for column in words])
        return found

    def _slots(self, words: Sequence[Words]) -> Numbers:
        mixed = words[0] * self._factors[0]
        for column, factor in zip(words[1:], self._factors[1:], strict=True):
            mixed += column * factor
        mixed >>= np.uint64(64 - SLOT_BITS)
        return mixed.view(np.intp)

    def _search(self, slots: Numbers, words: Sequence[Words]) -> Numbers:
        """Numbers of keys that are not in their first slot: all go on slot by slot, until each finds itself or room."""
        found = np.full(len(slots), OTHER)
        left = np.arange(len(slots))
        zero = ~np.logical_or.reduce([column != 0 for column in words])
        if zero.any() and self._words[0][0]:
            self._put(0, (0,) * len(words))
        while len(left):
            at = slots[left]
            stored = self._numbers[at]
            same = np.logical_and.reduce(
                [table[at] == column[left] for table, column in zip(self._words, words, strict=True)]
            )
            found[left[same]] = stored[same]
            free = (stored == FREE) & (at != 0)
            if free.any():
                if self._keys >= MOST_KEYS:
                    self.overflowed = True
                    same |= free
                else:
                    new, firsts = np.unique(at[free], return_index=True)
                    for slot, first in zip(new.tolist(), left[free][firsts].tolist(), strict=True):
                        self._put(slot, tuple(int(column[first]) for column in words))
            slots[left[~(same | free)]] += 1
            slots &= (1 << SLOT_BITS) - 1
            left = left[~same]
        return found

    def _put(self, slot: int, key: tuple[int, ...]) -> None:
        for table, word in zip(self._words, key, strict=True):
            table[slot] = word
        self._numbers[slot] = self._number(self._label(key))
        self._keys += 1

    def _number(self, label: Label) -> int:
        number = self._known.get(label)
        if number is None:
            if len(self._known) >= self._most:
                self.overflowed = True
                return OTHER
            number = self._known[label] = len(self.labels)
            self.labels.append(label)
        return number
