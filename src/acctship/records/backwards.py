"""Read an accounting file from its end, in constant memory: the newest record comes at once."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterator
from contextlib import closing
from tempfile import TemporaryFile

from acctship.records.batch import RecordBatch
from acctship.records.damage import LOOK_AHEAD, Bytes, Run, judge
from acctship.records.finding import Hole, cut_short, find_records, first_records
from acctship.records.layout import Layout
from acctship.records.opening import HEAD_BYTES, Opened
from acctship.records.reader import Reader
from acctship.records.streams import PlainStream

OnHole = Callable[[Hole], None]


class BackwardReader(Reader):
    """The records of one file that `Reader` gives, in the opposite order, in batches that run backwards, too.

    A file in which all records follow each other is read from its end. Where one is damaged, what comes before is read
    forwards once, to learn where records start. Pipes and compressed files are copied to a temporary file first.

    Bytes that are judged by what follows them can be judged otherwise than by `Reader` in one case: where damage shifts
    records, and a second damage shifts them back, a record beside the second may be told as a hole.

    Args, attributes and errors are those of `Reader`.
    """

    _stream: PlainStream

    def first(self) -> RecordBatch:
        """The records at the start of the file, in its order, which name its segment; none if it holds none.

        Raises:
            InputError: the device failed.
        """
        if self._first is None:
            self._first = first_records(self._stream, self.detection.layout, self._ahz)
        return self._first

    def _open(self, path: str | os.PathLike[str], layout: Layout | None, on_hole: OnHole) -> Opened:
        opened = super()._open(path, layout, on_hole)
        if opened.stream.seekable and not opened.stream.start:
            return opened
        return opened._replace(stream=_copy(opened, on_hole), head=b"", offset=0)

    def _read(self, opened: Opened, on_hole: OnHole) -> Iterator[RecordBatch]:
        layout, end = opened.detection.layout, self._stream.size or 0
        while end:
            count = min(end // layout.size, self._batch_records)
            torn = end % layout.size  # at the end of the file alone
            start = end - torn - count * layout.size
            data = self._stream.read_at(start, end - start)
            if judge(layout, data, in_step=True, last=True).runs != [Run(0, count)]:
                yield from self._read_damaged(opened, end, on_hole)
                return
            if torn:
                on_hole(cut_short(data[-torn:], end - torn))
            yield self._batch(data[: len(data) - torn], start)
            end = start

    def _read_damaged(self, opened: Opened, end: int, on_hole: OnHole) -> Iterator[RecordBatch]:
        """The records before `end`, behind which all are in order."""
        size = opened.detection.layout.size
        self._stream.seek(0)
        self._stream.size = min(self._stream.size or 0, end + LOOK_AHEAD * size)
        told = 0
        runs = array("q")  # offset and bytes of one, offset and bytes of the next
        for found in find_records(opened._replace(head=b"", offset=0), self._batch_records * size):
            if not isinstance(found, Hole):
                offset, data = found
                length = max(0, min(len(data), end - offset)) // size * size
                told = offset + length
                if runs and runs[-2] + runs[-1] == offset:
                    runs[-1] += length
                else:
                    runs.extend((offset, length))
            elif found.offset < end:
                told = min(found.offset + found.length, end)
                on_hole(found._replace(length=told - found.offset))
        if told < end:
            on_hole(Hole(told, end - told, f"no record of {opened.detection.layout.title}"))
        for at in range(len(runs) - 2, -1, -2):
            first, stop = runs[at], runs[at] + runs[at + 1]
            while stop > first:
                start = max(first, stop - self._batch_records * size)
                yield self._batch(self._stream.read_at(start, stop - start), start)
                stop = start

    def _batch(self, data: Bytes, start: int) -> RecordBatch:
        self.position += len(data)
        return RecordBatch.of_bytes(self.detection.layout, data, start, self._ahz).take(slice(None, None, -1))


def _copy(opened: Opened, on_hole: OnHole) -> PlainStream:
    """What a pipe, or a compressed file, holds, as a file without a name."""
    stream = opened.stream
    with closing(stream), TemporaryFile() as file:
        file.seek(opened.offset)
        file.write(opened.head)
        buffer = memoryview(bytearray(HEAD_BYTES))
        while count := stream.readinto(buffer):
            file.write(buffer[:count])
        file.seek(0)
        copy = PlainStream(stream.path, os.dup(file.fileno()))
        if missing := stream.missing():
            on_hole(Hole(copy.size or 0, *missing))
    return copy
