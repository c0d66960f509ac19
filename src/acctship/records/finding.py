"""Records and holes of an open file, in file order: what `judge` finds in its bytes, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from acctship.records.batch import RecordBatch
from acctship.records.damage import Bytes, judge
from acctship.records.detect import Detection
from acctship.records.layout import Layout
from acctship.records.opening import Opened, Stream
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
    gap = Gap(0, opened.offset)
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
            gap = Gap(base + at)
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
            return RecordBatch.of_bytes(layout, data, offset, ahz)
    return RecordBatch.of_bytes(layout, np.empty(0, np.uint8), 0, ahz)


def cut_short(data: Bytes, offset: int) -> Hole:
    """The hole that the beginning of a record makes where the file ends."""
    gap = Gap(offset)
    gap.add(data)
    return gap.hole("the last record is cut short")


class Gap:
    """Bytes that are no record, while they add up.

    Args:
        offset: where they start.
        zeros: how many zeros are known of already.
    """

    def __init__(self, offset: int, zeros: int = 0) -> None:
        self.offset, self.length, self._zeros = offset, zeros, True

    def add(self, part: Bytes) -> None:
        """Add the bytes that come next."""
        self.length += len(part)
        self._zeros = self._zeros and not part.any()

    def hole(self, reason: str) -> Hole:
        """What they are: of that reason, if there is none that is more exact."""
        return Hole(self.offset, self.length, "all of them are zero" if self._zeros else reason)


def _read_on(stream: Stream, data: Bytes, chunk: int) -> tuple[Bytes, bool]:
    """Some bytes and what comes behind them, and whether that was the last."""
    room = np.empty(max(chunk, 2 * len(data)), np.uint8)
    room[: len(data)] = data
    count = stream.readinto(room[len(data) :].data)
    return room[: len(data) + count], stream.ended or not count
