"""The on-disk layouts, as data. To add one: a `Layout` here, a rule in `detect.py`, a golden file.

Source: Linux `include/uapi/linux/acct.h` (struct acct_v3) and `kernel/acct.c`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

ByteOrder = Literal["<", ">"]


@dataclass(frozen=True, eq=False)
class Layout:
    """How one kind of accounting file lays out its records.

    Attributes:
        name: what the file is called everywhere (`acct.layout` of an event): `linux-v3-le`.
        title: the same for people: `Linux v3, little-endian`.
        dtype: one record as numpy reads it; its field names are the kernel's without `ac_`.
        version_byte: what byte 1 of every record holds.
        ticks_per_second: unit of the times, the kernel's AHZ.
    """

    name: str
    title: str
    dtype: np.dtype[np.void]
    version_byte: int
    ticks_per_second: int

    @property
    def size(self) -> int:
        """Bytes a record."""
        return self.dtype.itemsize

    def plausible(self, rows: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
        """Tell for each row whether a kernel can have written it.

        The rules hold for every record of this layout: the version byte; no flag bits that the kernel has no name
        for; a name that ends in NUL (a task's comm has 16 bytes with its NUL); an elapsed time that is a number, not
        negative and not above 136 years (the range of the kernel's 32-bit btime).
        """
        etime = rows["etime"]
        with np.errstate(invalid="ignore"):
            sane_time = (etime >= 0) & (etime <= MAX_SECONDS * self.ticks_per_second)  # NaN compares as False
        last_byte = rows.view(np.uint8).reshape(-1, self.size)[:, -1]
        sane_head = (rows["version"] == self.version_byte) & (rows["flag"] < 0x40)
        good: npt.NDArray[np.bool_] = sane_head & (last_byte == 0) & sane_time
        return good


MAX_SECONDS = 2**32


def _linux_v3(order: ByteOrder) -> np.dtype[np.void]:
    comp = order + "u2"
    word = order + "u4"
    return np.dtype(
        [
            ("flag", "u1"),
            ("version", "u1"),
            ("tty", order + "u2"),
            ("exitcode", word),
            ("uid", word),
            ("gid", word),
            ("pid", word),
            ("ppid", word),
            ("btime", word),
            ("etime", order + "f4"),
            ("utime", comp),
            ("stime", comp),
            ("mem", comp),
            ("io", comp),
            ("rw", comp),
            ("minflt", comp),
            ("majflt", comp),
            ("swaps", comp),
            ("comm", "S16"),
        ]
    )


LINUX_V3_LE = Layout("linux-v3-le", "Linux v3, little-endian", _linux_v3("<"), 3, 100)
LINUX_V3_BE = Layout("linux-v3-be", "Linux v3, big-endian", _linux_v3(">"), 0x83, 100)

LAYOUTS: dict[str, Layout] = {layout.name: layout for layout in (LINUX_V3_LE, LINUX_V3_BE)}
"""Every layout that can be read, by name."""
