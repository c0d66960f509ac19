"""A few thousand records as columns in normalized units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from acctship.records.comp import COMP_T
from acctship.records.layout import Layout

Ints = npt.NDArray[np.int64]
Column = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class RecordBatch:
    """Consecutive records of one file.

    Each column is decoded when it is asked for, so that a reader of two columns pays for two.

    Attributes:
        layout: how `rows` is laid out.
        rows: the records as they are on disk, a structured array of `layout.dtype`.
        offsets: where each record starts, in bytes from the start of the (uncompressed) file: its position.
    """

    layout: Layout
    rows: npt.NDArray[np.void]
    offsets: Ints

    def __len__(self) -> int:
        return len(self.rows)

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
        """AFORK 1, ASU 2, ACOMPAT 4, ACORE 8, AXSIG 16 (acct(5))."""
        return self.rows["flag"]

    def wait_statuses(self) -> Column:
        """How each process ended, as wait(2) gives it: exit code << 8, or signal, with 0x80 for a core dump."""
        return self.rows["exitcode"]

    def ttys(self) -> Column:
        """Controlling terminals as `major << 8 | minor` cut to 16 bits; 0 is none."""
        return self.rows["tty"]

    def uids(self) -> Column:
        """Real user ids."""
        return self.rows["uid"]

    def gids(self) -> Column:
        """Real group ids."""
        return self.rows["gid"]

    def pids(self) -> Column:
        """Process ids, in the pid namespace of whoever turned accounting on."""
        return self.rows["pid"]

    def parent_pids(self) -> Column:
        """Parents' process ids; 0 is a parent outside that namespace."""
        return self.rows["ppid"]

    def elapsed_ticks(self) -> Ints:
        """Elapsed times in ticks of `layout.ticks_per_second`."""
        return self.rows["etime"].astype(np.float64).astype(np.int64)

    def end_seconds(self) -> Ints:
        """Seconds since 1970 in which each process ended: exact.

        The kernel wrote btime as the current second minus the whole seconds of the elapsed time, so adding these back
        gives the current second; a fraction in btime plus elapsed time means nothing.
        """
        return self.rows["btime"].astype(np.int64) + self.elapsed_ticks() // self.layout.ticks_per_second

    def user_ticks(self) -> Ints:
        """CPU time spent in user mode, in ticks."""
        return self._comp_t("utime")

    def system_ticks(self) -> Ints:
        """CPU time spent in the kernel, in ticks."""
        return self._comp_t("stime")

    def memory_kib(self) -> Ints:
        """Virtual size at exit in KiB."""
        return self._comp_t("mem")

    def minor_faults(self) -> Ints:
        """Page faults served without reading from disk."""
        return self._comp_t("minflt")

    def major_faults(self) -> Ints:
        """Page faults that read from disk."""
        return self._comp_t("majflt")

    def _comp_t(self, field: str) -> Ints:
        values: Ints = COMP_T[self.rows[field]]
        return values


def command(comm: bytes) -> bytes:
    """Name of a command as recorded: at most 15 bytes of any value but NUL, chosen by the process itself."""
    return comm.partition(b"\0")[0]
