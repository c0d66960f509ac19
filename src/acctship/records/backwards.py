"""Read an accounting file from its end, in constant memory: the newest record comes at once."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterator
from contextlib import closing
from tempfile import TemporaryFile
from typing import Self

import numpy as np

from acctship.records.batch import RecordBatch
from acctship.records.damage import LOOK_AHEAD, Bytes
from acctship.records.layout import Layout
from acctship.records.opening import HEAD_BYTES, Opened, open_records
from acctship.records.plausible import plausible
from acctship.records.reader import BATCH_RECORDS, Hole, cut_short, find_records, first_records
from acctship.records.streams import PlainStream


class BackwardReader:
    """The records of one file that `Reader` gives, in the opposite order, in batches that run backwards, too.

    A file in which all records follow each other is read from its end. Where one is damaged, what comes before is read
    forwards once, to learn where records start. Pipes and compressed files are copied to a temporary file first.

    Args, attributes and errors are those of `Reader`.
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
        opened = open_records(path, layout)
        self.path, self.name = opened.stream.path, opened.stream.name
        self.detection = opened.detection
        self._layout, self._ahz, self._batch_records = opened.detection.layout, ahz, batch_records
        self._on_hole = on_hole
        stream = opened.stream
        if isinstance(stream, PlainStream) and stream.seekable and not stream.start:
            self._stream = stream
        else:
            self._stream = self._copy(opened)
        self.size = self._end = self._stream.size or 0
        self.position = 0
        self._batches = self._read()

    def close(self) -> None:
        """Close the file; standard input is left open."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[RecordBatch]:
        """The records that have not been read yet, the newest first.

        Raises:
            InputError: the device failed.
        """
        return self._batches

    def first(self) -> RecordBatch:
        """The records at the start of the file, in its order, which name its segment; none if it holds none.

        Raises:
            InputError: the device failed.
        """
        return first_records(self._stream, self._layout, self._ahz)

    def _read(self) -> Iterator[RecordBatch]:
        size = self._layout.size
        end = self._end - self._end % size
        while end:
            start = max(0, end - self._batch_records * size)
            data = self._stream.read_at(start, end - start)
            if not plausible(self._layout, data.view(self._layout.dtype)).all():
                yield from self._read_damaged(end)
                return
            if end == self._end - self._end % size != self._end:
                self._on_hole(cut_short(self._stream.read_at(end, self._end - end), end))
            yield self._batch(data, start)
            end = start

    def _read_damaged(self, end: int) -> Iterator[RecordBatch]:
        """The records before `end`, behind which all are in order."""
        size = self._layout.size
        if end == self._end - self._end % size:
            end = self._end
        self._stream.seek(0)
        self._stream.size = min(self._end, end + LOOK_AHEAD * size)
        runs = array("q")  # offset and bytes of one, offset and bytes of the next
        for found in find_records(Opened(self._stream, b"", 0, self.detection), self._batch_records * size):
            if not isinstance(found, Hole):
                offset, data = found
                length = max(0, min(len(data), end - offset)) // size * size
                if runs and runs[-2] + runs[-1] == offset:
                    runs[-1] += length
                else:
                    runs.extend((offset, length))
            elif found.offset < end:
                self._on_hole(found)
        for at in range(len(runs) - 2, -1, -2):
            first, stop = runs[at], runs[at] + runs[at + 1]
            while stop > first:
                start = max(first, stop - self._batch_records * size)
                yield self._batch(self._stream.read_at(start, stop - start), start)
                stop = start

    def _batch(self, data: Bytes, start: int) -> RecordBatch:
        self.position += len(data)
        offsets = np.arange(start, start + len(data), self._layout.size, dtype=np.int64)
        return RecordBatch(self._layout, data.view(self._layout.dtype)[::-1], offsets[::-1], self._ahz)

    def _copy(self, opened: Opened) -> PlainStream:
        """What a pipe, or a compressed file, holds, as a file without a name."""
        stream = opened.stream
        with closing(stream), TemporaryFile() as file:
            file.seek(opened.offset)
            file.write(opened.head)
            buffer = memoryview(bytearray(HEAD_BYTES))
            while count := stream.readinto(buffer):
                file.write(buffer[:count])
            file.seek(0)
            copy = PlainStream(self.path, os.dup(file.fileno()))
            if missing := stream.missing():
                self._on_hole(Hole(copy.size or 0, *missing))
        return copy
