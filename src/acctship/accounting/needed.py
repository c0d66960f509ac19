"""What the state folder says about rotated files: which are still needed, and for the daemon, which are gone.

That folder belongs to the user that the daemon runs as, and this runs as root: nothing in it is followed elsewhere.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from acctship.accounting.retain import FORCED, FORMAT, RETAIN, Forced, Retain
from acctship.errors import AccountingError
from acctship.events.escape import escape_line

_MOST_BYTES = 16_000_000
"""Of a `retain.json` that is believed; a path is no more than 4,096."""
_CLOCKS_DIFFER = 60.0
"""Seconds by which the clock of a file system may be behind, or its times be coarse."""


@dataclass(frozen=True)
class Needs:
    """Which files outputs still need.

    Attributes:
        unknown: why it is not known, so that every file counts as needed; None if it is known.
        paths: those that were needed at `since`, resolved.
        since: seconds since 1970. What a file got later may be needed, for the daemon may be dead; and one that was
            renamed, copied or compressed later is not the one that the daemon knew by that name.
    """

    unknown: str | None = None
    paths: frozenset[str] = frozenset()
    since: float = float("inf")

    def wants(self, path: Path, status: os.stat_result) -> bool:
        """Tell whether a file has to stay."""
        touched = max(status.st_mtime, status.st_ctime)  # ctime: renamed, see rename(2) and inode(7)
        return bool(self.unknown) or str(path) in self.paths or touched >= self.since - _CLOCKS_DIFFER


def read_needs(state: Path) -> Needs:
    """What a state folder says; if there is no such folder, nothing is shipped and nothing is needed."""
    if not os.path.lexists(state):
        return Needs()
    path = state / RETAIN
    try:
        retain = msgspec.json.decode(_read(path), type=Retain)
    except FileNotFoundError:
        return Needs(f"{path}: is missing: has acctship run been started?")
    except OSError as error:
        return Needs(f"{path}: cannot be read: {error.strerror}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Needs(f"{path}: is damaged, or of another version: {escape_line(str(error))}")
    if retain.format != FORMAT:
        return Needs(f"{path}: was written by a newer acctship: upgrade")
    for needed in retain.needed:
        if not os.path.lexists(needed):
            return Needs(f"{needed}: is needed, and was renamed or removed: acctship run has to look anew")
    return Needs(None, frozenset(map(os.path.realpath, retain.needed)), retain.time)


def tell_forced(state: Path, forced: Forced) -> None:
    """Put into the state folder, durably, that a file is removed although it is needed.

    Raises:
        AccountingError: that cannot be written, so the file must stay.
    """
    path = state / FORCED
    line = msgspec.json.encode(forced) + b"\n"
    flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        folder = os.open(state, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            with suppress(FileExistsError):
                made = os.open(FORCED, flags | os.O_CREAT | os.O_EXCL, 0o640, dir_fd=folder)
                owner = os.fstat(folder)
                os.fchown(made, owner.st_uid, owner.st_gid)
                os.close(made)
            descriptor = os.open(FORCED, flags, dir_fd=folder)
            try:
                _append(descriptor, line)
            finally:
                os.close(descriptor)
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise AccountingError(f"{path}: cannot be written: {error.strerror}: {forced.path} stays") from None


def _append(descriptor: int, line: bytes) -> None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        raise OSError(0, "is no file of its own")
    if os.write(descriptor, line) != len(line):
        os.ftruncate(descriptor, status.st_size)
        raise OSError(0, "its disk is full")
    os.fsync(descriptor)


def _read(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "is no regular file")
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise OSError(0, "is too large")
    return data
