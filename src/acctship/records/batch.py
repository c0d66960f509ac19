"""A few thousand records as columns in normalized units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self
from zlib import crc32

import numpy as np
import numpy.typing as npt

from acctship.records.columns import NS, Column, Ints, Mask, Rows
from acctship.records.comp import COMP_T, decode_comp2_t
from acctship.records.layout import Layout

AHZ = 100
"""Ticks per second of every Linux kernel but those of Alpha and Itanium (1024)."""


@dataclass(frozen=True, eq=False)
class RecordBatch:
    """Consecutive records of one file.

    Each column is decoded when it is asked for, so that a reader of two columns pays for two.

    Attributes:
        layout: how `rows` is laid out.
        rows: the records as they are on disk, a structured array of `layout.dtype`.
        offsets: where each record starts, in bytes from the start of the (uncompressed) file: its position.
        ahz: ticks per second, where a person knows better than the file; None otherwise.
    """

    layout: Layout
    rows: Rows
    offsets: Ints
    ahz: int | None = None

    @classmethod
    def of_bytes(cls, layout: Layout, data: npt.NDArray[np.uint8], start: int, ahz: int | None = None) -> Self:
        """A batch of records that follow each other.

        Args:
            layout: of the records.
            data: their bytes as they are on disk, none cut short.
            start: where the first of them starts.
            ahz: see the class.
        """
        offsets = np.arange(start, start + len(data), layout.size, dtype=np.int64)
        return cls(layout, data.view(layout.dtype), offsets, ahz)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, which: Mask | slice) -> Self:
        """Some of the records."""
        return replace(self, rows=self.rows[which], offsets=self.offsets[which])

    def crc32(self) -> list[int]:
        """CRC-32 (zlib's) of each record's bytes as they are on disk."""
        return list(map(crc32, self.rows.view(f"V{self.layout.size}").tolist()))

    def record(self, index: int) -> bytes:
        """Bytes of one record as they are on disk."""
        return bytes(self.rows[index].tobytes())

    def comms(self) -> list[bytes]:
        """Names as recorded; the command's own ends at the first NUL, if there is one (see `command`)."""
        names: list[bytes] = self.rows["comm"].tolist()
        return names

    def flags(self) -> Column:
        """Sums of AFORK, ASU, ACOMPAT, ACORE and AXSIG (see `acctship.records.columns`)."""
        return self.rows["flag"]

    def wait_statuses(self) -> Column:
        """How each process ended, as wait(2) gives it: exit code << 8, or signal, with 0x80 for a core dump."""
        return self.rows["exitcode"]

    def signals(self) -> Column:
        """Signal that ended each process; 0 for one that ended by itself."""
        return self.wait_statuses() & 0x7F

    def failed(self) -> Mask:
        """Whether each process ended with another exit code than 0, or by a signal."""
        failed: Mask = (self.wait_statuses() & 0xFF7F) != 0  # all but that a core was dumped
        return failed

    def ttys(self) -> Column:
        """Controlling terminals as `major << 8 | minor` cut to 16 bits; 0 is none."""
        return self.rows["tty"]

    def uids(self) -> Column:
        """Real user ids."""
        return self.rows["uid"]

    def gids(self) -> Column:
        """Real group ids."""
        return self.rows["gid"]

    def pids(self) -> Column | None:
        """Process ids, in the pid namespace of whoever turned accounting on; None before v3, which lacks them."""
        return self.rows["pid"] if "pid" in self.layout.fields else None

    def parent_pids(self) -> Column | None:
        """Parents' process ids, 0 for a parent outside that namespace; None before v3, which lacks them."""
        return self.rows["ppid"] if "ppid" in self.layout.fields else None

    def ticks_per_second(self) -> int | Ints:
        """Unit of the times, the kernel's AHZ: `ahz` if given, else a column of each record's own (v2), else 100."""
        if self.ahz is None and "ahz" in self.layout.fields:
            return self.rows["ahz"].astype(np.int64)
        return self.ahz or AHZ

    def elapsed_ticks(self) -> Ints:
        """Elapsed times in ticks: whole ones, for the kernel counts no others."""
        if "etime_hi" in self.layout.fields:
            return decode_comp2_t(self.rows["etime_hi"], self.rows["etime_lo"])
        if self.layout.dtype["etime"].kind == "f":
            return self.rows["etime"].astype(np.float64).astype(np.int64)
        return self._comp_t("etime")

    def elapsed_ns(self) -> Ints:
        """Elapsed times in nanoseconds."""
        return self._nanoseconds(self.elapsed_ticks())

    def begin_seconds(self) -> Ints:
        """Seconds since 1970 as recorded: the second of the end less the whole seconds of the elapsed time."""
        return self.rows["btime"].astype(np.int64)

    def end_seconds(self) -> Ints:
        """Seconds since 1970 in which each process ended.

        The kernel wrote btime as the current second minus the whole seconds of the elapsed time, so adding these back
        gives the current second; a fraction in btime plus elapsed time means nothing. Exact in v3 up to 46 h of
        elapsed time, in v1 and v2 up to 2.9 h, in v0 up to 81 s; above, off by what the elapsed time was rounded by.
        """
        return self.begin_seconds() + self.elapsed_ticks() // self.ticks_per_second()

    def user_ticks(self) -> Ints:
        """CPU time spent in user mode, in ticks."""
        return self._comp_t("utime")

    def system_ticks(self) -> Ints:
        """CPU time spent in the kernel, in ticks."""
        return self._comp_t("stime")

    def user_ns(self) -> Ints:
        """CPU time spent in user mode, in nanoseconds."""
        return self._nanoseconds(self.user_ticks())

    def system_ns(self) -> Ints:
        """CPU time spent in the kernel, in nanoseconds."""
        return self._nanoseconds(self.system_ticks())

    def memory_kib(self) -> Ints:
        """Virtual size at exit in KiB."""
        return self._comp_t("mem")

    def minor_faults(self) -> Ints:
        """Page faults served without reading from disk."""
        return self._comp_t("minflt")

    def major_faults(self) -> Ints:
        """Page faults that read from disk."""
        return self._comp_t("majflt")

    def transferred(self) -> Ints:
        """What ac_io says: characters transferred, by acct(5); Linux has not counted them, but some kernels fill it."""
        return self._comp_t("io")

    def blocks(self) -> Ints:
        """What ac_rw says: blocks read and written, by acct(5); Linux has never counted them."""
        return self._comp_t("rw")

    def swaps(self) -> Ints:
        """Number of swaps, by acct(5); Linux has not counted them since 2.6."""
        return self._comp_t("swaps")

    def _nanoseconds(self, ticks: Ints) -> Ints:
        rate = self.ticks_per_second()
        seconds, rest = ticks // rate, ticks % rate  # apart: no product may leave 64 bits
        total: Ints = seconds * NS + rest * NS // rate
        return total

    def _comp_t(self, field: str) -> Ints:
        values: Ints = COMP_T[self.rows[field]]
        return values


def command(comm: bytes) -> bytes:
    """Name of a command as recorded: at most 15 bytes of any value but NUL, chosen by the process itself."""
    return comm.partition(b"\0")[0]
