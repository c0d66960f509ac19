"""Read an accounting file, or standard input, in constant memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple, Self

import numpy as np

from acctship.records.batch import RecordBatch
from acctship.records.damage import Bytes, judge
from acctship.records.detect import Detection
from acctship.records.layout import Layout
from acctship.records.opening import Opened, Stream, open_records
from acctship.records.streams import PlainStream

BATCH_RECORDS = 1024
"""Records a batch, at most: enough to spread the cost of a numpy call, few enough for the events to stay in cache."""

# Batches, and what is made of them, take some MB for a moment. glibc would give them back to the kernel after each one,
# and a third of the time would go into page faults; once a block of this size has been freed, it keeps as much
# (mallopt(3), M_MMAP_THRESHOLD).
bytes(8 << 20)


class Hole(NamedTuple):
    """Bytes that are no record: where they start, how many are known of, and what they seem to be."""

    offset: int
    length: int
    reason: str


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

    def _open(
        self,
        path: str | os.PathLike[str],
        layout: Layout | None,
        on_hole: Callable[[Hole], None],  # noqa: ARG002 - below
    ) -> Opened:
        return open_records(path, layout)

    def first(self) -> RecordBatch:
        """The first record, which names the segment; none if none has been read yet."""
        none = RecordBatch(self.detection.layout, np.empty(0, self.detection.layout.dtype), np.empty(0, np.int64))
        return none if self._first is None else self._first

    def _read(self, opened: Opened, on_hole: Callable[[Hole], None]) -> Iterator[RecordBatch]:
        layout = opened.detection.layout
        for found in find_records(opened, self._batch_records * layout.size):
            if isinstance(found, Hole):
                self.position = found.offset + found.length
                on_hole(found)
                continue
            offset, data = found
            for start in range(0, len(data), self._batch_records * layout.size):
                rows = data[start : start + self._batch_records * layout.size].view(layout.dtype)
                self.position = offset + start + rows.nbytes
                offsets = np.arange(offset + start, self.position, layout.size, dtype=np.int64)
                batch = RecordBatch(layout, rows, offsets, self._ahz)
                if self._first is None:
                    self._first = replace(batch, rows=rows[:1].copy(), offsets=offsets[:1])
                yield batch


def find_records(opened: Opened, chunk: int) -> Iterator[tuple[int, Bytes] | Hole]:
    """Records and holes, in file order. Records that follow each other come as their offset and their bytes.

    Args:
        opened: the file.
        chunk: bytes to look at together, at most.

    Raises:
        InputError: the device failed.
    """
    layout = opened.detection.layout
    data, base = np.frombuffer(opened.head, np.uint8), opened.offset
    gap = _Gap(0, opened.offset)
    in_step, last = True, opened.stream.ended
    while True:
        runs, end, in_step = judge(layout, data, in_step=in_step, last=last)
        at = 0
        for run in runs:
            gap.add(data[at : run.start])
            if gap.length:
                yield gap.hole(f"no record of {layout.title}")
            at = run.start + run.records * layout.size
            yield base + run.start, data[run.start : at]
            gap = _Gap(base + at)
        gap.add(data[at:end])
        base, data = base + end, data[end:]
        if last:
            break
        if not in_step and not data.any():
            zeros = opened.stream.skip_zeros()  # more of the same: only where `data` lies has changed
            gap.length, base = gap.length + zeros, base + zeros
        data, last = _read_on(opened.stream, data, chunk)
    gap.add(data)
    if missing := opened.stream.missing():
        yield Hole(gap.offset, gap.length + missing[0], missing[1])
    elif gap.length:
        yield cut_short(data, gap.offset) if in_step else gap.hole(f"no record of {layout.title}")


def first_records(stream: PlainStream, layout: Layout, ahz: int | None) -> RecordBatch:
    """The records at the start of a file, which name its segment; none if it holds none.

    Args:
        stream: the file; it must be `seekable`.
        layout: of the records.
        ahz: ticks per second, where a person knows better than the file.

    Raises:
        InputError: the device failed.
    """
    stream.seek(0)
    for found in find_records(Opened(stream, b"", 0, Detection(layout, "known")), BATCH_RECORDS * layout.size):
        if not isinstance(found, Hole):
            offset, data = found
            offsets = np.arange(offset, offset + len(data), layout.size, dtype=np.int64)
            return RecordBatch(layout, data.view(layout.dtype), offsets, ahz)
    return RecordBatch(layout, np.empty(0, layout.dtype), np.empty(0, np.int64), ahz)


def cut_short(data: Bytes, offset: int) -> Hole:
    """The hole that the beginning of a record makes where the file ends."""
    gap = _Gap(offset)
    gap.add(data)
    return gap.hole("the last record is cut short")


class _Gap:
    """Bytes that are no record, while they add up."""

    def __init__(self, offset: int, zeros: int = 0) -> None:
        self.offset, self.length, self._zeros = offset, zeros, True

    def add(self, part: Bytes) -> None:
        self.length += len(part)
        self._zeros = self._zeros and not part.any()

    def hole(self, reason: str) -> Hole:
        return Hole(self.offset, self.length, "all of them are zero" if self._zeros else reason)


def _read_on(stream: Stream, data: Bytes, chunk: int) -> tuple[Bytes, bool]:
    """Some bytes and what comes behind them, and whether that was the last."""
    room = np.empty(max(chunk, 2 * len(data)), np.uint8)
    room[: len(data)] = data
    count = stream.readinto(room[len(data) :].data)
    return room[: len(data) + count], stream.ended or not count
