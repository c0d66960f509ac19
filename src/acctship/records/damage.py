"""Which bytes are records, where a file is damaged: cut in the middle, torn, overwritten, or foreign in part.

Records bear no mark but what they have in common, so a stretch of bytes as long as a record, a window, is judged by
itself and by its neighbours:

- In step, a plausible window followed by another is a record.
- A plausible window that is not followed by one stands beside damage. It is a record if it is convincing, unless a
  window that overlaps it is convincing and followed by another such, or by the end: then it is made of a record's
  beginning and another one's middle.
- Where the last window is followed by less than a record, the last record is torn; the same exception holds.
- Where no window is plausible, reading is out of step until one is convincing, judged as before.

What bytes alone cannot decide: a cut of a whole record's length, or of several, that begins inside of one joins two
halves without a trace; a flag byte that was cut is replaced by the byte before it; and a cut that leaves a record as it
was but for its end of name leaves it that way.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from acctship.records.columns import Rows
from acctship.records.layout import Layout
from acctship.records.plausible import convincing, plausible

Bytes = npt.NDArray[np.uint8]

LOOK_AHEAD = 3
"""So many windows must be known, from its beginning on, to judge one beside damage."""


class Run(NamedTuple):
    """Records that follow each other: where the first starts, and how many."""

    start: int
    records: int


class Judged(NamedTuple):
    """What is known of some bytes.

    Attributes:
        runs: the records, in order; what lies between them is no record.
        end: up to where all is decided; what lies behind must be shown again, with more bytes.
        in_step: whether a record is expected at `end`.
    """

    runs: list[Run]
    end: int
    in_step: bool


def judge(layout: Layout, data: Bytes, *, in_step: bool, last: bool) -> Judged:
    """Find the records in some bytes.

    Args:
        layout: of the records.
        data: bytes of the file from where the last call's decisions ended.
        in_step: as the last call left it; True at the start of a file.
        last: nothing follows these bytes.
    """
    size = layout.size
    known = len(data) if last else len(data) - (LOOK_AHEAD - 1) * size
    windows = _Windows(layout, data, last=last)
    runs: list[Run] = []
    at = 0
    while True:
        if in_step:
            rows = as_rows(layout, data[at:])
            good = _plausible_at_start(layout, rows, len(rows) if at == 0 else 32)
            end = at + good * size
            torn = last and end < len(data)
            if good == len(rows) and not (torn and good and windows.spoil(end - size)):
                runs += [Run(at, records)] if (records := good - (not last and good > 0)) else []
                return Judged(runs, at + records * size, in_step=True)
            if good > 1:
                runs.append(Run(at, good - 1))
                at = end - size
            if at + size > known:
                return Judged(runs, at, in_step=True)
        for window in windows.starting_from(at):
            if window + size > known:
                return Judged(runs, window, in_step=False)
            if windows.followed(window) or not windows.spoil(window):
                runs.append(Run(window, 1))
                at, in_step = window + size, True
                break
        else:
            return Judged(runs, len(data) if last else max(at, len(data) - size + 1), in_step=False)


def judge_so_far(layout: Layout, data: Bytes, *, in_step: bool) -> Judged:
    """What `judge` says of a file that grows, but where all is in order nothing has to wait for the next record."""
    if in_step and len(data) % layout.size == 0 and plausible(layout, as_rows(layout, data)).all():
        return Judged([Run(0, len(data) // layout.size)] if len(data) else [], len(data), in_step=True)
    return judge(layout, data, in_step=in_step, last=False)


def as_rows(layout: Layout, data: Bytes) -> Rows:
    """Whole windows of some bytes, one behind the other from the first byte on."""
    whole = len(data) - len(data) % layout.size
    return data[:whole].view(layout.dtype)


class _Windows:
    """Where convincing windows start in some bytes; looked for once, and only if there is damage."""

    def __init__(self, layout: Layout, data: Bytes, *, last: bool) -> None:
        self._layout, self._data, self._last = layout, data, last

    def starting_from(self, at: int) -> list[int]:
        """Those that start there or later, in order."""
        return self._starts[bisect_left(self._starts, at) :]

    def followed(self, at: int) -> bool:
        """Tell whether behind the convincing window that starts there comes another, or the end."""
        behind = at + self._layout.size
        return behind in self._all or (self._last and behind == len(self._data))

    def spoil(self, at: int) -> bool:
        """Tell whether the window that starts there is overlapped by a convincing one that is followed."""
        return any(other in self._all and self.followed(other) for other in range(at + 1, at + self._layout.size))

    @cached_property
    def _all(self) -> frozenset[int]:
        return frozenset(self._starts)

    @cached_property
    def _starts(self) -> list[int]:
        layout, data, count = self._layout, self._data, len(self._data) - self._layout.size + 1
        if count <= 0 or not data.any():
            return []
        heads = (data[:count] < 0x40) & (data[1 : count + 1] == layout.version_byte)
        heads &= data[layout.name_bytes.stop - 1 :][:count] == 0
        at = np.flatnonzero(heads)
        rows = as_rows(layout, np.lib.stride_tricks.sliding_window_view(data, layout.size)[at].reshape(-1))
        found: list[int] = at[convincing(layout, rows)].tolist()
        return found


def _plausible_at_start(layout: Layout, rows: Rows, block: int) -> int:
    """How many rows are plausible up to the first that is not, looked at in growing blocks."""
    done = 0
    while done < len(rows):
        good = plausible(layout, rows[done : done + block])
        if not good.all():
            return done + int(good.argmin())
        done, block = done + len(good), block * 4
    return done
