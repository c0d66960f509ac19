"""Whether bytes can be a record. The only evidence in an accounting file is what its records have in common."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from acctship.records.columns import Column, Ints, Mask, Rows
from acctship.records.comp import COMP_T, decode_comp2_t
from acctship.records.layout import Layout

Words = npt.NDArray[np.uint64]

MAX_ELAPSED_BITS = int(np.float32(2**32 * 100).view(np.uint32))
"""An elapsed time of 136 years, the range of the kernel's 32-bit btime, as the bits of a float. Floats that are not
negative order like their bits, and the bits of all others are larger."""
MAX_ELAPSED_HIGH = 0xA0
"""Where the highest 8 bits of a comp2_t mean more than 87 years."""
SEVEN_BYTES = np.uint64(2**56 - 1)
"""The largest number without a byte at the eighth place."""
ONE, ONES, HIGH_BITS = np.uint64(1), np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
AHZ_RANGE = 50, 2000
PID_MAX = 2**22
"""PID_MAX_LIMIT of `include/linux/threads.h`."""
CLOCK_SET = 2**29
"""1987: machines of v0's time that had a clock at all showed a later year."""
OVERFLOW_ID = 65534
"""DEFAULT_OVERFLOWUID of `include/linux/highuid.h`: what 16 bits say of an id that takes more."""


def plausible(layout: Layout, rows: Rows) -> Mask:
    """Tell for each row whether a kernel can have written it. Every record that is read goes through this.

    What holds for every record of a layout: the version byte; no flag bits that the kernel has no name for; a name that
    ends in NUL and is followed by nothing else, for kernels clear a record before they fill it; an elapsed time that is
    a number of 0 to 136 years; ticks a second that some kernel counts in (v2); a wait status that is one, and zero
    padding, but not zeros alone (v0, whose records have little else).
    """
    words = rows.view("<u2").reshape(len(rows), layout.size // 2)
    good: Mask = (words[:, 0] & 0xFFC0) == layout.version_byte << 8
    good &= _named(layout, rows)
    if "etime_hi" in layout.fields:
        good &= rows["etime_hi"] < MAX_ELAPSED_HIGH
    elif layout.dtype["etime"].kind == "f":
        good &= rows["etime"].view(layout.dtype["etime"].str.replace("f", "u")) <= MAX_ELAPSED_BITS
    if "ahz" in layout.fields:
        good &= (rows["ahz"] >= AHZ_RANGE[0]) & (rows["ahz"] <= AHZ_RANGE[1])
    if layout.padding:
        good &= _can_be_waited_for(rows["exitcode"])
        raw = _bytes(layout, rows)
        good &= raw.any(axis=1)
        for part in layout.padding:
            good &= ~raw[:, part].any(axis=1)
    return good


def convincing(layout: Layout, rows: Rows) -> Mask:
    """Tell for each row whether it passes for a record where that is in doubt: beside damage.

    In addition to what is `plausible`: process ids are within the kernel's limit; a wait status is one; ids and times
    that are there twice (v1, v2) agree; the clock was set (v0). A window that lies across two records seldom looks so.
    """
    good: Mask = plausible(layout, rows) & _can_be_waited_for(rows["exitcode"])
    if "pid" in layout.fields:
        good &= (rows["pid"] >= 1) & (rows["pid"] <= PID_MAX) & (rows["ppid"] <= PID_MAX)
    if layout.padding:
        good &= rows["btime"] >= CLOCK_SET
    if "uid16" in layout.fields:
        good &= _same_id(rows["uid16"], rows["uid"]) & _same_id(rows["gid16"], rows["gid"])
        good &= _same_time(COMP_T[rows["etime"]], decode_comp2_t(rows["etime_hi"], rows["etime_lo"]))
    return good


def _can_be_waited_for(status: Column) -> Mask:
    """Tell for each wait status whether it is an exit code, or a signal, or the negative error of a kernel thread."""
    signal = status & 0x7F
    good: Mask = ((status <= 0xFFFF) & ((signal == 0) | ((signal <= 64) & (status <= 0xFF)))) | (status >= 0xFFFF0000)
    return good


def _same_id(short: Column, full: Column) -> Mask:
    """Tell for each row whether a 16-bit id is the 32-bit one cut off, or the one that stands for a larger one."""
    same: Mask = (short == full & 0xFFFF) | ((short == OVERFLOW_ID) & (full > 0xFFFF))
    return same


def _same_time(coarse: Ints, fine: Ints) -> Mask:
    """Tell for each row whether two elapsed times are one, but for what a comp_t is rounded by, and cut off at."""
    same: Mask = (abs(coarse - fine) <= fine >> 9) | (np.minimum(coarse, fine) >= COMP_T[-1])
    return same


def _bytes(layout: Layout, rows: Rows) -> npt.NDArray[np.uint8]:
    return rows.view(np.uint8).reshape(len(rows), layout.size)


def _named(layout: Layout, rows: Rows) -> Mask:
    """Tell for each row whether its name ends in NUL, and nothing but NUL comes behind the first one."""
    start, stop = layout.name_bytes.start, layout.name_bytes.stop
    # Side by side, which makes the rest twice as fast.
    first, second = (np.ascontiguousarray(layout.name_words(rows, at)) for at in (0, 8))
    good = _padded(first)
    good &= _padded(second)
    good &= (first > SEVEN_BYTES) | (second == 0)
    good &= second <= SEVEN_BYTES if stop - start == 16 else _bytes(layout, rows)[:, stop - 1] == 0
    return good


def _padded(words: Words) -> Mask:
    """Tell for each word of eight bytes whether only zeros follow its first zero.

    With the highest bit of each zero byte marked (Hacker's Delight, 6-1), the lowest mark shows the first of them, and
    `marks ^ (marks - 1)` is the largest number without a byte behind it; without any mark, the largest there is.
    """
    marks = words - ONES
    marks &= ~words
    marks &= HIGH_BITS
    good: Mask = words <= marks ^ (marks - ONE)
    return good
