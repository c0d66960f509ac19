"""Looking for the record of one process in the accounting file, whoever else reads it, and across rotation."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from acctship.accounting import pausing
from acctship.accounting.rotated import beside

_PIECE = 1 << 20
_COARSE = 2.0
"""Seconds by which a file's time may be behind, and the clock be set."""


@dataclass
class _Open:
    """An open file, and the offset from which on a record is looked for."""

    descriptor: int
    file: tuple[int, int]
    offset: int


class Lookout:
    """Looks for a name in what the kernel appends to the accounting file.

    It keeps the file open in which it found the last one: the kernel goes on writing there, whatever the file is
    named, until acct(2) names another. It looks at the path as well, and at the files beside it that have changed. The
    name is looked for among the bytes as they are: 15 bytes that nobody could know before are no accident, wherever
    records begin.

    Args:
        path: where the kernel writes.

    Attributes:
        cut: a file became shorter since `aim`, so what was looked for may have been cut off.
    """

    def __init__(self, path: str) -> None:
        self._path, self.cut, self._aimed = Path(path), False, time.time()
        self._files: list[_Open] = []

    def aim(self) -> None:
        """Take note of where the files end: what is looked for is not there yet.

        Raises:
            OSError: there is a file that may not be read.
        """
        self.cut, self._aimed = False, time.time()
        for one in self._files[1:-1]:  # in vain: neither where the last one was found, nor the newest
            os.close(one.descriptor)
        self._files = [*self._files[:1], *self._files[1:][-1:]]
        for one in self._files:
            one.offset = os.fstat(one.descriptor).st_size
        self._open_path(at_end=True)

    def find(self, name: bytes) -> bool:
        """Whether a record of this name has come since `aim`; the file that has it is the one to be kept open.

        Raises:
            OSError: a file cannot be read.
        """
        self._open_path(at_end=False)
        if any(self._find_in(one, name) for one in self._files):
            return True
        known = {one.file for one in self._files}
        return any(  # in a file that has been rotated twice since the aim
            self._find_beside(Path(path), name)
            for path, status in beside(self._path).items()
            if status.st_mtime >= self._aimed - _COARSE and (status.st_dev, status.st_ino) not in known
        )

    def room(self) -> pausing.Room | None:
        """Free space on the file's file system; None if that cannot be told."""
        with suppress(OSError):
            return pausing.room(self._files[0].descriptor if self._files else self._path.parent)
        return None

    def close(self) -> None:
        """Close all files."""
        for one in self._files:
            os.close(one.descriptor)
        self._files = []

    def _open_path(self, *, at_end: bool) -> None:
        try:
            status = self._path.stat()
            if all(one.file != (status.st_dev, status.st_ino) for one in self._files):
                one = _open(self._path)
                one.offset = os.fstat(one.descriptor).st_size if at_end else 0
                self._files.append(one)
        except FileNotFoundError:
            return

    def _find_beside(self, path: Path, name: bytes) -> bool:
        try:
            one = _open(path)
        except FileNotFoundError:  # it is being rotated
            return False
        found = False
        try:
            found = self._find_in(one, name)
        finally:
            if not found:
                os.close(one.descriptor)
        return found

    def _find_in(self, one: _Open, name: bytes) -> bool:
        """Look in one file; if the name is there, it is the one to keep."""
        if os.fstat(one.descriptor).st_size < one.offset:
            self.cut, one.offset = True, 0
        while data := os.pread(one.descriptor, _PIECE, one.offset):
            if name in data:
                for other in self._files:
                    if other is not one:
                        os.close(other.descriptor)
                self._files = [one]
                return True
            if len(data) < len(name):
                break
            one.offset += len(data) - len(name) + 1  # its first bytes may be there already
        return False


def _open(path: Path) -> _Open:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    status = os.fstat(descriptor)
    return _Open(descriptor, (status.st_dev, status.st_ino), 0)
