"""Looking for the record of one process in the accounting file, whoever else reads it, and across rotation."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PIECE = 1 << 20


@dataclass
class _Open:
    """An open file, and the offset from which on a record is looked for."""

    descriptor: int
    file: tuple[int, int]
    offset: int


class Lookout:
    """Looks for a name in what the kernel appends to the accounting file.

    It keeps the file open in which it found the last one: the kernel goes on writing there, whatever the file is
    named, until acct(2) names another. The name is looked for among the bytes as they are: 15 bytes that nobody could
    know before are no accident, wherever records begin.

    Args:
        path: where the kernel writes.

    Attributes:
        cut: a file became shorter since `aim`, so what was looked for may have been cut off.
    """

    def __init__(self, path: str) -> None:
        self._path, self.cut = Path(path), False
        self._files: list[_Open] = []

    def aim(self) -> None:
        """Take note of where the files end: what is looked for is not there yet.

        Raises:
            OSError: there is a file that may not be read.
        """
        self.cut = False
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
        for one in self._files:
            if self._find_in(one, name):
                for other in self._files:
                    if other is not one:
                        os.close(other.descriptor)
                self._files = [one]
                return True
        return False

    def free_blocks(self) -> tuple[int, int] | None:
        """Blocks that are free to others than root, and all blocks, of the file's file system; None: there is none."""
        with suppress(OSError):
            status = os.fstatvfs(self._files[0].descriptor) if self._files else os.statvfs(self._path.parent)
            return status.f_bavail, status.f_blocks
        return None

    def close(self) -> None:
        """Close all files."""
        for one in self._files:
            os.close(one.descriptor)
        self._files = []

    def _open_path(self, *, at_end: bool) -> None:
        try:
            status = self._path.stat()
            if any(one.file == (status.st_dev, status.st_ino) for one in self._files):
                return
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
        except FileNotFoundError:
            return
        status = os.fstat(descriptor)
        self._files.append(_Open(descriptor, (status.st_dev, status.st_ino), status.st_size if at_end else 0))

    def _find_in(self, one: _Open, name: bytes) -> bool:
        size = os.fstat(one.descriptor).st_size
        if size < one.offset:
            self.cut, one.offset = True, 0
        while data := os.pread(one.descriptor, _PIECE, one.offset):
            if name in data:
                return True
            if len(data) < len(name):
                break
            one.offset += len(data) - len(name) + 1  # its first bytes may be there already
        return False
