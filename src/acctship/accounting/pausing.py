"""When the kernel pauses accounting for want of free space: `/proc/sys/kernel/acct`, proc_sys_kernel(5).

Source: `check_free_space` in Linux `kernel/acct.c`. It looks when a process ends, and not again before so many seconds.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

_SYSCTL = Path("/proc/sys/kernel/acct")


class Thresholds(NamedTuple):
    """When accounting is paused and resumed.

    Attributes:
        resume: per cent of blocks that must be free for it to go on, or to begin with a fresh file.
        suspend: per cent of free blocks at or below which it is paused.
        every: seconds between two looks of the kernel.
    """

    resume: int = 4
    suspend: int = 2
    every: int = 30


class Room(NamedTuple):
    """Free space of a file system, and what the kernel makes of it.

    Attributes:
        free: blocks that anybody may fill.
        blocks: all there are.
        free_bytes: what is free, in bytes.
        kernel: the thresholds that it is compared with.
    """

    free: int
    blocks: int
    free_bytes: int
    kernel: Thresholds

    @property
    def percent(self) -> float:
        """Free space in percent; 100 where the file system has no limit."""
        return 100 * self.free / self.blocks if self.blocks else 100.0

    @property
    def enough(self) -> bool:
        """Whether the kernel goes on after a pause, or starts to write when it is switched to a file there."""
        return self.free >= self.blocks * self.kernel.resume // 100

    def __str__(self) -> str:
        return (
            f"{self.percent:.1f} % free: the kernel pauses accounting at {self.kernel.suspend} %, "
            f"resumes at {self.kernel.resume} %"
        )


def room(where: Path | int) -> Room:
    """The free space of a file system, and the kernel's thresholds.

    Args:
        where: a folder in it, or the descriptor of a file.

    Raises:
        OSError: it cannot be looked at.
    """
    there = os.statvfs(where)
    return Room(there.f_bavail, there.f_blocks, there.f_bavail * there.f_frsize, thresholds())


def thresholds() -> Thresholds:
    """Those of this kernel; its defaults, where it does not say."""
    try:
        return Thresholds(*map(int, _SYSCTL.read_text("ascii").split()))
    except (OSError, ValueError, TypeError):
        return Thresholds()
