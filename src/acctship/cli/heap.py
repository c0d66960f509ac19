"""How the C library keeps memory for the process."""

from __future__ import annotations

import ctypes

_M_ARENA_MAX = -8  # malloc.h


def share_between_threads() -> None:
    """Let all threads take memory from one place; to be called before the first thread starts.

    glibc gives threads arenas of their own, and none returns what another could use: with four outputs that is a tenth
    of all memory. Nobody gains by it here, where one thread runs at a time. Other C libraries have no such setting.
    See mallopt(3), M_ARENA_MAX.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
