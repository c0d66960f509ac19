"""Whether bytes can be a record. The only evidence in an accounting file is what its records have in common."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from acctship.records.layout import Layout

Rows = npt.NDArray[np.void]
Mask = npt.NDArray[np.bool_]

MAX_ELAPSED_BITS = int(np.float32(2**32 * 100).view(np.uint32))
"""An elapsed time of 136 years, the range of the kernel's 32-bit btime, as the bits of a float. Floats that are not
negative order like their bits, and the bits of all others are larger."""
MAX_ELAPSED_HIGH = 0xA0
"""Where the highest 8 bits of a comp2_t mean more than 87 years."""
AHZ_RANGE = 50, 2000


def plausible(layout: Layout, rows: Rows) -> Mask:
    """Tell for each row whether a kernel can have written it. Cheap: every record that is read goes through it.

    What holds for every record of a layout: the version byte; no flag bits that the kernel has no name for; a name that
    ends in NUL; an elapsed time that is a number of 0 to 136 years; zero padding, and not zeros alone (v0); ticks per
    second that some kernel counts in (v2).
    """
    words = rows.view("<u2").reshape(len(rows), -1)
    good: Mask = (words[:, 0] & 0xFFC0) == layout.version_byte << 8
    good &= rows.view(np.uint8).reshape(len(rows), -1)[:, layout.name_bytes.stop - 1] == 0
    if "etime_hi" in layout.fields:
        good &= rows["etime_hi"] < MAX_ELAPSED_HIGH
    elif layout.dtype["etime"].kind == "f":
        good &= rows["etime"].view(layout.dtype["etime"].str.replace("f", "u")) <= MAX_ELAPSED_BITS
    if "ahz" in layout.fields:
        good &= (rows["ahz"] >= AHZ_RANGE[0]) & (rows["ahz"] <= AHZ_RANGE[1])
    if layout.padding:
        raw = rows.view(np.uint8).reshape(len(rows), -1)
        good &= raw.any(axis=1)
        for part in layout.padding:
            good &= ~raw[:, part].any(axis=1)
    return good


def convincing(layout: Layout, rows: Rows) -> Mask:
    """Tell for each row whether it passes for a record where that is in doubt: beside damage.

    In addition to what is `plausible`, nothing but NUL follows the end of the name: kernels clear a record before they
    fill it. A window of bytes that lies across two records seldom looks so.
    """
    names = rows.view(np.uint8).reshape(len(rows), -1)[:, layout.name_bytes]
    resumes = ((names[:, :-1] == 0) & (names[:, 1:] != 0)).any(axis=1)
    good: Mask = plausible(layout, rows) & ~resumes
    return good
