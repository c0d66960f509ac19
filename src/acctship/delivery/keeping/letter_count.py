"""How many dead letters a file holds, counted without reading it again and again."""

from __future__ import annotations

import os
from pathlib import Path

_PART = 1 << 20


class LetterCount:
    """Counts whole lines; only what was added since the last count is read, unless the file is another one.

    Args:
        path: of the dead letters of one output.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = (0, 0)
        self._read, self._lines = 0, 0

    def look(self) -> tuple[int, int]:
        """Letters, and bytes of the file; 0 if there is none, the last ones if it cannot be read now.

        An event that was put there twice, by a crash in between, counts twice.
        """
        try:
            status = self._path.stat()
            if (status.st_dev, status.st_ino) != self._seen or status.st_size < self._read:
                self._seen, self._read, self._lines = (status.st_dev, status.st_ino), 0, 0
            if status.st_size > self._read:
                self._count(status.st_size)
        except FileNotFoundError:
            self._seen, self._read, self._lines = (0, 0), 0, 0
        except OSError:
            pass
        return self._lines, self._read

    def _count(self, size: int) -> None:
        with self._path.open("rb", buffering=0) as file:
            os.lseek(file.fileno(), self._read, os.SEEK_SET)
            while self._read < size and (part := file.read(min(_PART, size - self._read))):
                self._read += len(part)
                self._lines += part.count(b"\n")
