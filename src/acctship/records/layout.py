"""The on-disk layouts, as data. To add one: a `Layout` here, a golden file.

Sources: acct(5); Linux `include/uapi/linux/acct.h` (struct acct of versions 0 to 2, struct acct_v3), `kernel/acct.c`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
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
        dtype: one record as numpy reads it; its field names are the kernel's without `ac_`. A field that the layout
            lacks is absent: `pid` and `ppid` before v3, `ahz` but in v2.
        version_byte: what byte 1 of every record holds; the high bit marks big-endian records, but not in v0.
        padding: bytes that the kernel leaves zero.
    """

    name: str
    title: str
    dtype: np.dtype[np.void]
    version_byte: int
    padding: tuple[slice, ...] = ()

    @property
    def size(self) -> int:
        """Bytes a record."""
        return self.dtype.itemsize

    @property
    def version(self) -> int:
        """Number that the kernel gave the layout: 0 to 3."""
        return self.version_byte & 0x7F

    @cached_property
    def fields(self) -> frozenset[str]:
        """Names of the fields that a record has."""
        return frozenset(self.dtype.names or ())

    def name_words(self, rows: npt.NDArray[np.void], at: int) -> npt.NDArray[np.uint64]:
        """Eight bytes of each record's name as a number, the first byte the lowest, from the name's byte `at` on."""
        place = {"names": ["word"], "formats": ["<u8"], "offsets": [self.name_bytes.start + at], "itemsize": self.size}
        words: npt.NDArray[np.uint64] = rows.view(np.dtype(place))["word"]  # type: ignore[call-overload]  # as documented
        return words

    @cached_property
    def name_bytes(self) -> slice:
        """Where the command's name lies in a record."""
        start: int = self.dtype.fields["comm"][1]  # type: ignore[index]  # a record has fields
        kind = self.dtype["comm"]
        return slice(start, start + kind.itemsize)


def _layout(version: int, order: ByteOrder, size: int, fields: dict[str, tuple[str, int]], *padding: slice) -> Layout:
    """A layout of one byte order; the formats of `fields` lack it."""
    formats = [order + kind for kind, _ in fields.values()]
    offsets = [offset for _, offset in fields.values()]
    dtype = np.dtype({"names": list(fields), "formats": formats, "offsets": offsets, "itemsize": size})
    suffix, words = ("le", "little-endian") if order == "<" else ("be", "big-endian")
    mark = 0x80 if order == ">" and version else 0
    return Layout(f"linux-v{version}-{suffix}", f"Linux v{version}, {words}", dtype, version | mark, padding)


_COMMON = {
    "flag": ("u1", 0), "version": ("u1", 1), "tty": ("u2", 6), "btime": ("u4", 8),
    "utime": ("u2", 12), "stime": ("u2", 14), "etime": ("u2", 16), "mem": ("u2", 18), "io": ("u2", 20),
    "rw": ("u2", 22), "minflt": ("u2", 24), "majflt": ("u2", 26), "swaps": ("u2", 28),
}  # fmt: skip
"""What versions 0 to 2 share."""

_SHORT_IDS = {"uid16": ("u2", 2), "gid16": ("u2", 4)}
# Versions 1 and 2 hold the ids and the elapsed time twice, the second time with more bits.
_V0 = {
    **_COMMON, "uid": ("u2", 2), "gid": ("u2", 4), "pad": ("u2", 30), "exitcode": ("u4", 32), "comm": ("S17", 36),
    "pad_end": ("V11", 53),
}  # fmt: skip
_V1 = {
    **_COMMON, **_SHORT_IDS, "exitcode": ("u4", 30), "comm": ("S17", 34), "etime_hi": ("u1", 51),
    "etime_lo": ("u2", 52), "uid": ("u4", 54), "gid": ("u4", 58),
}  # fmt: skip
_V2 = {
    **_COMMON, **_SHORT_IDS, "ahz": ("u2", 30), "exitcode": ("u4", 32), "comm": ("S17", 36), "etime_hi": ("u1", 53),
    "etime_lo": ("u2", 54), "uid": ("u4", 56), "gid": ("u4", 60),
}  # fmt: skip
_V3 = {
    "flag": ("u1", 0), "version": ("u1", 1), "tty": ("u2", 2), "exitcode": ("u4", 4), "uid": ("u4", 8),
    "gid": ("u4", 12), "pid": ("u4", 16), "ppid": ("u4", 20), "btime": ("u4", 24), "etime": ("f4", 28),
    "utime": ("u2", 32), "stime": ("u2", 34), "mem": ("u2", 36), "io": ("u2", 38), "rw": ("u2", 40),
    "minflt": ("u2", 42), "majflt": ("u2", 44), "swaps": ("u2", 46), "comm": ("S16", 48),
}  # fmt: skip

_ORDERS: tuple[ByteOrder, ...] = ("<", ">")

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        *(_layout(3, order, 64, _V3) for order in _ORDERS),
        *(_layout(2, order, 64, _V2) for order in _ORDERS),
        *(_layout(1, order, 62, _V1) for order in _ORDERS),
        *(_layout(0, order, 64, _V0, slice(30, 32), slice(53, 64)) for order in _ORDERS),
    )
}
"""Every layout that can be read, by name."""
