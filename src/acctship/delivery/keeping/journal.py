"""The health journal: what acctship has to say of itself, kept until every output has had it.

A file of one health event a line, behind a line that says how many bytes were dropped before them. Offsets count from
the first byte that was ever appended, so that they stay what they are when old lines are dropped.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path

import msgspec

from acctship.delivery.keeping import documents
from acctship.delivery.keeping.documents import Document
from acctship.errors import StateError

MOST_BYTES = 10_000_000
"""The file never gets larger: before it would, the older half of its lines goes."""
MOST_WAITING = 1000
"""Lines kept in memory while the disk takes none."""
_PART = 1 << 20


class Header(Document):
    """First line of the file.

    Attributes:
        base: offset of the line behind it.
    """

    base: int


class _Event(msgspec.Struct):
    """A health event is any JSON object here."""


class Journal:
    """The health journal, to be opened by one process; safe to use from several threads.

    A torn last line, of which nobody was told that it is durable, does not count, and the next one takes its place.

    Args:
        path: of its file, which must be there: see `create`.
        lost: what is lost with it.

    Attributes:
        dropped: lines that were given up because the disk took none for too long; the oldest went first.
        failure: why the last attempt to write failed; None if it did not.

    Raises:
        StateError: the file is missing, damaged, or cannot be written.
    """

    def __init__(self, path: Path, lost: str = "health events that no output has had yet are lost") -> None:
        self.dropped = 0
        self.failure: OSError | None = None
        self._path = path
        self._waiting: deque[bytes] = deque()
        self._lock = threading.RLock()
        self._lost = lost
        self._descriptor = -1
        try:
            self._load()
        except OSError as error:
            raise documents.unusable(path, error, lost) from None

    @staticmethod
    def create(path: Path, base: int = 0) -> None:
        """Make an empty journal, whose first offset is `base`.

        Raises:
            OSError: as `documents.replace`.
        """
        documents.write(path, Header(base))

    @property
    def start(self) -> int:
        """Offset of the oldest line that is there: a reader before it has missed lines."""
        return self._base

    @property
    def end(self) -> int:
        """Offset behind the newest line that is on disk: a reader beyond it knows lines that were lost."""
        with self._lock:
            return self._base + self._size - self._header

    @property
    def waiting(self) -> int:
        """Lines in memory that the disk has not taken yet."""
        return len(self._waiting)

    def append(self, line: bytes) -> bool:
        """Add a health event, durably; if the disk does not take it, it waits in memory.

        Args:
            line: one line of JSON without its newline. One that waits already is not added again.

        Returns:
            Whether it is on disk.
        """
        if b"\n" in line:
            raise ValueError("a health event is one line")
        with self._lock:
            if line not in self._waiting:
                self._waiting.append(line)
            if not self.retry() and len(self._waiting) > MOST_WAITING:
                self._waiting.popleft()
                self.dropped += 1
            return not self._waiting

    def retry(self) -> bool:
        """Write the lines that wait; tells whether none is left."""
        with self._lock:
            self.failure = None
            try:
                while self._waiting:
                    self._write(self._waiting[0] + b"\n")
                    self._waiting.popleft()
            except OSError as error:
                self.failure = error
            return not self._waiting

    def read(self, offset: int, most_bytes: int) -> list[tuple[bytes, int]]:
        """Lines on disk from an offset on, without newlines, each with the offset behind it; none at the end.

        Args:
            offset: where to begin; if no line begins there, reading begins at `start`: rather twice than never.
            most_bytes: to read; a longer line comes alone.

        Raises:
            OSError: the disk failed.
            StateError: another program has cut the file off.
        """
        with self._lock:
            if offset >= self.end:
                return []
            at = offset - self._base + self._header
            if at < self._header or os.pread(self._descriptor, 1, at - 1) != b"\n":
                offset, at = self._base, self._header
            data = os.pread(self._descriptor, min(most_bytes, self._size - at), at)
            while b"\n" not in data:
                data += (more := os.pread(self._descriptor, min(_PART, self._size - at - len(data)), at + len(data)))
                if not more:
                    raise StateError(f"{self._path}: was cut off by another program: restart acctship")
        found: list[tuple[bytes, int]] = []
        last = data.rfind(b"\n", 0, most_bytes)
        for line in data[: last if last >= 0 else data.index(b"\n")].split(b"\n"):
            offset += len(line) + 1
            found.append((line, offset))
        return found

    def close(self) -> None:
        """Close the file; lines that still wait are lost."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _load(self) -> None:
        """Open the file that the path names now."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        try:
            found = _examine(self._path, self._lost)
        except BaseException:
            os.close(descriptor)
            raise
        self.close()
        self._descriptor = descriptor
        self._base, self._header, self._size = found

    def _write(self, data: bytes) -> None:
        """Append durably; if that fails, nothing of it stays."""
        if not os.path.samestat(self._path.stat(), os.fstat(self._descriptor)):  # dropping lines was cut short
            self._load()
        if self._size + len(data) > MOST_BYTES:
            self._drop_older_half()
        if os.fstat(self._descriptor).st_size != self._size:  # a crash, or an attempt that could not be undone
            os.ftruncate(self._descriptor, self._size)
        try:
            written = 0
            while written < len(data):
                written += os.pwrite(self._descriptor, data[written:], self._size + written)
            os.fsync(self._descriptor)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(data)

    def _drop_older_half(self) -> None:
        middle = (self._header + self._size) // 2
        kept = os.pread(self._descriptor, self._size - middle, middle)
        kept = kept[kept.find(b"\n") + 1 :]
        documents.replace(self._path, [documents.encode(Header(self.end - len(kept))), kept])
        self._load()


def _examine(path: Path, lost: str) -> tuple[int, int, int]:
    """Offset of the first line, length of the header, and size of the file up to the end of its last whole line."""
    with path.open("rb") as file:
        first = file.readline()
        header = documents.decode(first if first.endswith(b"\n") else b"", Header, f"{path}, line 1", lost)
        size = len(first)
        for number, line in enumerate(file, 2):
            if line.endswith(b"\n"):
                documents.parse(line, _Event, f"{path}, line {number}", lost)
                size += len(line)
    return header.base, len(first), size
