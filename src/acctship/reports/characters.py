"""Columns of text as matrices of characters, a line for each record: numpy makes thousands of rows at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from acctship.records.columns import Column, Mask

Characters = npt.NDArray[np.uint8]
"""A column of text: a line for each record, all of one width. NUL is no character: `join` leaves it out."""

MOST_TEXTS = 65_536
"""Texts to keep: a machine has fewer users and terminals, and an attacker shall not grow us."""


def join(parts: Sequence[bytes | Characters], count: int) -> bytes:
    r"""Lines of all parts side by side; a part of bytes is the same in each line.

    >>> join((numbers(np.array([7, 12]), 1), b" ls\n"), 2)
    b'7 ls\n12 ls\n'
    """
    ends = list(accumulate(len(part) if isinstance(part, bytes) else part.shape[1] for part in parts))
    lines = np.empty((count, ends[-1]), np.uint8)
    for start, end, part in zip([0, *ends], ends, parts, strict=False):
        lines[:, start:end] = np.frombuffer(part, np.uint8) if isinstance(part, bytes) else part
    text = lines.tobytes()
    return text.translate(None, b"\0") if b"\0" in text else text


def characters(texts: Sequence[bytes]) -> Characters:
    """Texts as a matrix, as wide as the longest."""
    return np.array(texts, "S").view(np.uint8).reshape(len(texts), -1)


class Texts:
    r"""Texts of numbers, each made once.

    Args:
        text: gives the text of a number.
        width: characters; a shorter text is filled up with blanks, a longer one is cut.

    >>> Texts(lambda uid: b"user%d" % uid, 8)(np.array([33, 0])).tobytes()
    b'user33  user0   '
    """

    def __init__(self, text: Callable[[int], bytes], width: int) -> None:
        self._text, self._width = text, width
        self._numbers: npt.NDArray[np.int64]
        self._lines: Characters
        self._forget()

    def __call__(self, column: Column) -> Characters:
        """A line for each number."""
        places, known = self._find(column)
        if not known.all():
            self._learn(np.sort(column).astype(np.int64))
            places, _ = self._find(column)
        return self._lines.take(places, axis=0)

    def _find(self, column: Column) -> tuple[npt.NDArray[np.intp], Mask]:
        places = np.searchsorted(self._numbers, column)
        return places, self._numbers.take(places, mode="clip") == column

    def _learn(self, ordered: npt.NDArray[np.int64]) -> None:
        if len(self._numbers) >= MOST_TEXTS:
            self._forget()
        numbers = ordered[np.diff(ordered, prepend=-1) > 0]
        new = numbers[~self._find(numbers)[1]]
        texts = b"".join(self._text(number)[: self._width].ljust(self._width) for number in new.tolist())
        lines = np.frombuffer(texts, np.uint8).reshape(-1, self._width)
        places = np.searchsorted(self._numbers, new)
        self._numbers = np.insert(self._numbers, places, new)
        self._lines = np.insert(self._lines, places, lines, axis=0)

    def _forget(self) -> None:
        self._numbers = np.full(1, -1, np.int64)  # no number of a record, so that the search finds something
        self._lines = np.zeros((1, self._width), np.uint8)


def _four_digits(zeros: bool) -> npt.NDArray[np.uint32]:
    number = np.arange(10_000)
    text = np.empty((10_000, 4), np.uint8)
    for at, unit in enumerate((1000, 100, 10, 1)):
        text[:, at] = number // unit % 10 + ord("0")
        if not zeros and unit > 1:
            text[:unit, at] = ord(" ")
    return text.view(np.uint32)[:, 0]


# Of 0 to 9999 with blanks in front, then of the same numbers with zeros in front.
_LOWEST = np.concatenate((_four_digits(zeros=False), _four_digits(zeros=True)))
_HIGHER = _LOWEST.copy()
_HIGHER[0] = int.from_bytes(b"    ", sys.byteorder)  # nothing stands above the digits of a small number


def numbers(values: Column, width: int) -> Characters:
    """Numbers, none negative, at the right of a column that is `width` wide; what is wider pushes its row to the right.

    >>> numbers(np.array([5, 12345]), 3).tobytes().replace(bytes(1), b".")
    b'..  512345'
    """
    digits = len(str(values.max(initial=0)))
    left: Column = values.astype(np.uint32 if digits < 10 else np.int64)
    groups = np.empty((len(values), -(-max(width, digits) // 4)), np.uint32)
    table = _LOWEST
    for at in reversed(range(groups.shape[1])):
        higher = left // 10_000
        groups[:, at] = table[left - higher * 10_000 + (higher > 0) * 10_000]
        left, table = higher, _HIGHER
    text = groups.view(np.uint8)[:, -max(width, digits) :]
    wider = text[:, : max(0, digits - width)]
    wider[wider == ord(" ")] = 0
    return text
