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
MOST_KEYS = 3 << SLOT_BITS >> 2
"""Keys to remember: three quarters of the slots, so that a search is short."""

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
        # Odd, and the first so large that a key of 1 and zeros is not meant for slot 0.
        self._factors = [np.uint64(secrets.randbits(63) | 1 | (word == 0) << 63) for word in range(words)]
        self._words = [np.zeros(1 << SLOT_BITS, np.uint64) for _ in range(words)]
        self._numbers = np.zeros(1 << SLOT_BITS, np.intp)
        # A free slot holds a key of zeros. That key is meant for slot 0, which is kept for it; until it comes, another
        # key is there, so that the key of zeros is found nowhere.
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
        new: list[tuple[int, int]] = []  # where a key first comes up, and its slot
        lost = np.zeros(len(slots), bool)
        left = np.arange(len(slots))
        zeros = np.flatnonzero(np.logical_and.reduce([column == 0 for column in words]))
        if len(zeros) and self._numbers[0] == FREE:
            new.append(self._put(0, int(zeros[0]), words))
        while len(left):
            at = slots[left]
            stored = zip(self._words, words, strict=True)
            done = np.logical_and.reduce([table[at] == column[left] for table, column in stored])
            free = (self._numbers[at] == FREE) & (at != 0)
            if free.any() and self._keys < MOST_KEYS:
                chosen, firsts = np.unique(at[free], return_index=True)
                for slot, first in zip(chosen.tolist(), left[free][firsts].tolist(), strict=True):
                    new.append(self._put(slot, first, words))
            elif free.any():
                lost[left[free]] = self.overflowed = True
                done |= free
            slots[left[~(done | free)]] += 1
            slots &= (1 << SLOT_BITS) - 1
            left = left[~done]
        for first, slot in sorted(new):  # numbers go by the order of the records, not by the random one of the slots
            self._numbers[slot] = self._number(self._label(tuple(int(column[first]) for column in words)))
        found: Numbers = self._numbers[slots]
        found[lost] = OTHER
        return found

    def _put(self, slot: int, first: int, words: Sequence[Words]) -> tuple[int, int]:
        for table, column in zip(self._words, words, strict=True):
            table[slot] = column[first]
        self._numbers[slot] = OTHER  # until its label is known
        self._keys += 1
        return first, slot

    def _number(self, label: Label) -> int:
        number = self._known.get(label)
        if number is None:
            if len(self._known) >= self._most:
                self.overflowed = True
                return OTHER
            number = self._known[label] = len(self.labels)
            self.labels.append(label)
        return number
