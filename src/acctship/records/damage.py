"""Which bytes are records, where a file is damaged: cut in the middle, torn, overwritten, or foreign in part.

Records bear no mark but what they have in common, so a stretch of bytes as long as a record, a window, is judged by
itself and by its neighbours:

- In step, a plausible window followed by another is a record.
- A plausible window that is not followed by one stands beside damage. It is a record if it is convincing, unless a
  window that overlaps it is convincing and is followed by another such: then it is made of a record's beginning and
  another one's middle. (Overlapping by zeros alone does not count: they may be the end of one as well as the beginning
  of the other.)
- Where no window is plausible, reading is out of step until one is convincing, judged as before.

What bytes alone cannot decide: a cut of a whole record's length, or of several, that begins inside of one joins two
halves without a trace; a flag byte that was cut is replaced by the byte before it; and a cut that leaves a record as it
was but for its end of name leaves it that way.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Set
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from acctship.records.layout import Layout
from acctship.records.plausible import Rows, convincing, plausible

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
    size, known = layout.size, len(data) if last else len(data) - (LOOK_AHEAD - 1) * layout.size
    runs: list[Run] = []
    at = 0
    windows: list[int] | None = None
    while True:
        if in_step:
            rows = as_rows(layout, data[at:])
            good = _plausible_at_start(layout, rows, len(rows) if at == 0 else 32)
            beside_damage = good < len(rows)
            records = max(good - 1, 0) if beside_damage or not last else good
            if records:
                runs.append(Run(at, records))
                at += records * size
            if not beside_damage or at + size > known:
                return Judged(runs, at, in_step=True)
        if windows is None:
            windows = _convincing_windows(layout, data, at)
            starts = frozenset(windows)
        for window in windows[bisect_left(windows, at) :]:
            if window + size > known:
                return Judged(runs, window, in_step=False)
            if _is_record(data, window, size, starts):
                runs.append(Run(window, 1))
                at, in_step = window + size, True
                break
        else:
            return Judged(runs, len(data) if last else max(at, len(data) - size + 1), in_step=False)


def _plausible_at_start(layout: Layout, rows: Rows, block: int) -> int:
    """How many rows are plausible up to the first that is not, looked at in growing blocks."""
    done = 0
    while done < len(rows):
        good = plausible(layout, rows[done : done + block])
        if not good.all():
            return done + int(good.argmin())
        done, block = done + len(good), block * 4
    return done


def _is_record(data: Bytes, window: int, size: int, starts: Set[int]) -> bool:
    """Tell whether a convincing window is a record. `starts` is where convincing windows start."""
    if window + size in starts:
        return True
    content = int(data[window : window + size].nonzero()[0][-1])
    return not any(other in starts and other + size in starts for other in range(window + 1, window + content + 1))


def _convincing_windows(layout: Layout, data: Bytes, start: int) -> list[int]:
    """Where convincing windows start, from `start` on, at any byte."""
    here = data[start:]
    count = len(here) - layout.size + 1
    if count <= 0 or not here.any():
        return []
    heads = (here[:count] < 0x40) & (here[1 : count + 1] == layout.version_byte)
    heads &= here[layout.name_bytes.stop - 1 :][:count] == 0
    at = np.flatnonzero(heads)
    windows = np.lib.stride_tricks.sliding_window_view(here, layout.size)[at]
    found: list[int] = (at[convincing(layout, as_rows(layout, windows.reshape(-1)))] + start).tolist()
    return found


def as_rows(layout: Layout, data: Bytes) -> Rows:
    """Whole windows of some bytes, one behind the other from the first byte on."""
    whole = len(data) - len(data) % layout.size
    return data[:whole].view(layout.dtype)
