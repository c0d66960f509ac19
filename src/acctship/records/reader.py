"""Read an accounting file, or standard input, in constant memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Self

import numpy as np

from acctship.records.batch import RecordBatch
from acctship.records.finding import BATCH_RECORDS, Hole, find_records
from acctship.records.layout import Layout
from acctship.records.opening import Opened, Stream, open_records


class Reader:
    """The records of one file, in file order, each with its byte offset.

    A file is read up to the size it had when it was opened, so that reading ends even while the kernel appends; a pipe
    is read to its end. Compressed ones are seen through. Whether a record is one can depend on the next, so the last
    record in a pipe is passed on when the next one comes, or the end. See `acctship.records.damage`.

    Args:
        path: a file, or `-` for standard input.
        layout: what it is, where a person knows better than the first bytes tell.
        ahz: ticks per second, where a person knows better than the file.
        batch_records: records a batch, at most.
        on_hole: called with each stretch of bytes that is skipped. Nothing is skipped without this call.

    Attributes:
        path: the file.
        name: the file as messages call it.
        detection: the layout, and why it was chosen.
        size: bytes of the file when it was opened; None for a pipe or what is compressed.
        position: up to where the (uncompressed) bytes have been judged.

    Raises:
        InputError: the file is missing, unreadable, a folder, or empty.
        FormatError: it is no accounting file that acctship reads.

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
        opened = self._open(path, layout, on_hole)
        self._stream: Stream = opened.stream
        self.path, self.name, self.size = opened.stream.path, opened.stream.name, opened.stream.size
        self.detection = opened.detection
        self.position = 0
        self._first: RecordBatch | None = None
        self._ahz, self._batch_records = ahz, batch_records
        self._batches = self._read(opened, on_hole)

    def close(self) -> None:
        """Close the file; standard input is left open."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[RecordBatch]:
        """The records that have not been read yet: a second loop goes on where the first one stopped.

        Raises:
            InputError: the device failed.
        """
        return self._batches

    def first(self) -> RecordBatch:
        """The first record, which names the segment; none if none has been read yet."""
        if self._first is None:
            return RecordBatch.of_bytes(self.detection.layout, np.empty(0, np.uint8), 0, self._ahz)
        return self._first

    def _open(
        self,
        path: str | os.PathLike[str],
        layout: Layout | None,
        on_hole: Callable[[Hole], None],  # noqa: ARG002 - for those who open otherwise
    ) -> Opened:
        return open_records(path, layout)

    def _read(self, opened: Opened, on_hole: Callable[[Hole], None]) -> Iterator[RecordBatch]:
        layout = opened.detection.layout
        most = self._batch_records * layout.size
        for found in find_records(opened, most):
            if isinstance(found, Hole):
                self.position = found.offset + found.length
                on_hole(found)
                continue
            offset, data = found
            for start in range(0, len(data), most):
                part = data[start : start + most]
                self.position = offset + start + len(part)
                if self._first is None:
                    self._first = RecordBatch.of_bytes(layout, part[: layout.size].copy(), offset + start, self._ahz)
                yield RecordBatch.of_bytes(layout, part, offset + start, self._ahz)
