"""Read an accounting file, or standard input, in constant memory."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple, Self

import numpy as np

from acctship.errors import FormatError, InputError
from acctship.records.batch import RecordBatch
from acctship.records.detect import HEAD_RECORDS, Detection, detect
from acctship.records.layout import Layout
from acctship.records.plausible import plausible

STDIN = "-"
BATCH_RECORDS = 1024
"""Records a batch, at most: enough to spread the cost of a numpy call, few enough for the events to stay in cache."""


class Hole(NamedTuple):
    """Bytes that are no record: where they start, how many, and what they seem to be."""

    offset: int
    length: int
    reason: str


class Reader:
    """The records of one file, in file order, each with its byte offset.

    A file is read up to the size it had when it was opened, so that reading ends even while the kernel appends; a
    pipe is read to its end, and a record is passed on as soon as it is whole.

    Args:
        path: a file, or `-` for standard input.
        on_hole: called with each stretch of bytes that is skipped. Nothing is skipped without this call.

    Attributes:
        name: the file as messages call it.
        detection: the layout, and why it was chosen.
        size: bytes of the file when it was opened; None for a pipe.
        position: bytes read as records so far.

    Raises:
        InputError: the file is missing, unreadable, a folder, or empty.
        FormatError: it is no accounting file that acctship reads, or it is damaged.

    Example:
        with Reader("/var/log/account/pacct") as reader:
            for batch in reader:
                print(batch.offsets[0], batch.comms()[0])
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        layout: Layout | None = None,
        ahz: int | None = None,
        batch_records: int = BATCH_RECORDS,
        on_hole: Callable[[Hole], None] = lambda _: None,
    ) -> None:
        self._layout, self._ahz, self._batch_records = layout, ahz, batch_records
        self.path = os.fspath(path)
        self.name = "standard input" if self.path == STDIN else self.path
        self.position = 0
        self._on_hole = on_hole
        self._descriptor = 0 if self.path == STDIN else self._open()
        try:
            status = self._status()
            if stat.S_ISDIR(status.st_mode):
                raise InputError(f"{self.name}: is a folder: name the accounting file in it")
            self.size = status.st_size if stat.S_ISREG(status.st_mode) else None
            self._left = None if self.size is None else max(0, self.size - self._start())
            self._head, self.detection = self._detect()
        except BaseException:
            self.close()
            raise
        self._batches = self._read_batches()

    def close(self) -> None:
        """Close the file; standard input is left open."""
        if self._descriptor > 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[RecordBatch]:
        """The records that have not been read yet: a second loop goes on where the first one stopped.

        Raises:
            FormatError: bytes in the middle are no record.
            InputError: the device failed.
        """
        return self._batches

    def _read_batches(self) -> Iterator[RecordBatch]:
        size = self.detection.layout.size
        buffer, self._head = self._head, b""
        while buffer:
            whole = len(buffer) - len(buffer) % size
            if whole:
                yield from self._batch(buffer[:whole])
                buffer = buffer[whole:]
            more = self._read(self._batch_records * size - len(buffer))
            if not more:
                break
            buffer += more
        if buffer:
            self._on_hole(Hole(self.position, len(buffer), "the last record is cut short"))
        if self._left:
            self._on_hole(Hole(self.position + len(buffer), self._left, "the file was cut while it was read"))

    def _batch(self, data: bytes) -> Iterator[RecordBatch]:
        layout = self.detection.layout
        rows = np.frombuffer(data, layout.dtype)
        good = plausible(layout, rows)
        count = len(rows) if good.all() else int(good.argmin())
        if count:
            offsets = np.arange(count, dtype=np.int64) * layout.size + self.position
            self.position += count * layout.size
            yield RecordBatch(layout, rows[:count], offsets, self._ahz)
        if count < len(rows):
            seen = rows[count].tobytes()[:8].hex(" ")
            raise FormatError(
                f"{self.name}: offset {self.position}: no record of {layout.title} (it starts {seen}): "
                "damaged files are not read yet; all before it was read, nothing after it"
            )

    def _open(self) -> int:
        try:
            return os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY)
        except FileNotFoundError:
            raise InputError(f"{self.name}: no such file: is accounting on, and writing to this path?") from None
        except PermissionError:
            raise InputError(
                f"{self.name}: permission denied: read it as root, or as a member of its group (Debian: adm)"
            ) from None
        except OSError as error:
            raise InputError(f"{self.name}: cannot be opened: {error.strerror}") from None
        except ValueError as error:  # a NUL in the name
            raise InputError(f"{self.name!r}: cannot be opened: {error}") from None

    def _status(self) -> os.stat_result:
        try:
            return os.fstat(self._descriptor)
        except OSError as error:  # standard input can be closed
            raise InputError(f"{self.name}: cannot be read: {error.strerror}") from None

    def _start(self) -> int:
        """Where a regular file stands when it comes as standard input (`< FILE`)."""
        return os.lseek(self._descriptor, 0, os.SEEK_CUR)

    def _detect(self) -> tuple[bytes, Detection]:
        # A pipe's writer may wait for us: ask it for no more than what decides.
        enough = 64 if self.size is None else HEAD_RECORDS * 64
        head = b""
        while len(head) < enough and (more := self._read(enough - len(head))):
            head += more
        if not head:
            raise InputError(f"{self.name}: empty, no record in it: is accounting on, or was the file just rotated?")
        try:
            return head, detect(head)
        except FormatError as error:
            raise FormatError(f"{self.name}: {error}") from None

    def _read(self, count: int) -> bytes:
        if self._left is not None:
            count = min(count, self._left)
        try:
            data = os.read(self._descriptor, count)
        except OSError as error:
            raise InputError(f"{self.name}: offset {self.position}: cannot be read: {error.strerror}") from None
        if self._left is not None:
            self._left -= len(data)
        return data
