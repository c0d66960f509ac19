"""What tells the daemon, and so every output, that a file which was needed is removed all the same."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from acctship.accounting.foreign import opened
from acctship.accounting.retain import FORCED, Forced
from acctship.errors import AccountingError

_ATTEMPTS = 100
"""To lock the file, a tenth of a second apart. The daemon locks it to read it, and then removes it."""


def tell_forced(state: Path, forced: Forced) -> None:
    """Put a line into the state folder, durably.

    Raises:
        AccountingError: that cannot be written, so the file must stay.
    """
    line = msgspec.json.encode(forced) + b"\n"
    try:
        folder = os.open(state, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            while not _append(folder, line):
                pass
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise AccountingError(f"{state / FORCED}: cannot be written: {error.strerror}: {forced.path} stays") from None


def _append(folder: int, line: bytes) -> bool:
    """Add the line; False: the daemon has taken the file away meanwhile."""
    flags = os.O_WRONLY | os.O_APPEND
    with suppress(FileExistsError), opened(FORCED, flags | os.O_CREAT | os.O_EXCL, folder) as made:
        owner = os.fstat(folder)
        os.fchown(made, owner.st_uid, owner.st_gid)
    try:
        with opened(FORCED, flags, folder) as descriptor:
            _lock(descriptor)
            status = os.fstat(descriptor)
            if not status.st_nlink:
                return False
            if os.write(descriptor, line) != len(line):
                os.ftruncate(descriptor, status.st_size)
                raise OSError(0, "its disk is full")
            os.fsync(descriptor)
    except FileNotFoundError:
        return False
    return True


def _lock(descriptor: int) -> None:
    for _ in range(_ATTEMPTS):
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(0.1)
    raise OSError(0, "another process has locked it")
