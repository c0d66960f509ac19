"""When the kernel pauses accounting for want of free space: `/proc/sys/kernel/acct`, proc_sys_kernel(5).

Source: `check_free_space` in Linux `kernel/acct.c`. It looks when a process ends, and not again before so many seconds.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

_SYSCTL = Path("/proc/sys/kernel/acct")


class Limits(NamedTuple):
    """When accounting is paused and resumed.

    Attributes:
        resume: per cent of blocks that must be free for it to go on.
        suspend: per cent of free blocks at or below which it is paused.
        every: seconds between two looks of the kernel.
    """

    resume: int = 4
    suspend: int = 2
    every: int = 30


def limits() -> Limits:
    """Those of this kernel; its defaults, where it does not say."""
    try:
        return Limits(*map(int, _SYSCTL.read_text("ascii").split()))
    except (OSError, ValueError, TypeError):
        return Limits()
