"""The next records of a segment from a place on, and the skipped bytes before them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import NamedTuple
from zlib import crc32

import numpy as np

from acctship.delivery.following.files import begins_as, check_at, read_at
from acctship.delivery.following.segments import SegmentEntry
from acctship.delivery.place import Place
from acctship.records import BATCH_RECORDS, Hole, Layout
from acctship.records.damage import LOOK_AHEAD, Bytes, Run, judge, judge_so_far
from acctship.records.finding import Gap, cut_short


class ChangedError(Exception):
    """A file does not hold what it held when it was read up to the place."""


class Found(NamedTuple):
    """What comes next.

    Attributes:
        hole: skipped bytes, from the place on; of length 0 if there are none.
        data: the records behind them; empty where there are none up to the end.
        before: `Place.check` of the place behind the hole.
    """

    hole: Hole
    data: Bytes
    before: int


class Bounded(NamedTuple):
    """The bytes of a segment, as far as they may be read.

    Attributes:
        read: gives so many from an offset on, fewer only at the end.
        is_last: whether nothing will ever follow the end, asked once it is reached.
        skip_zeros: from an offset, the offset up to where a sparse file holds only zeros.
    """

    read: Callable[[int, int], bytes]
    is_last: Callable[[], bool]
    skip_zeros: Callable[[int], int] = lambda offset: offset


def find(layout: Layout, source: Bounded, offset: int, before: bytes) -> Found | None:
    """Look for the next records. What is found does not depend on how far the file has been written meanwhile.

    Args:
        layout: of the records.
        source: what to look in.
        offset: where to start: the start of the file, or the end of a record.
        before: the bytes before, as many as a `Place.check` covers.

    Returns:
        None if more bytes must come before anything is decided.
    """
    gap, at, in_step = Gap(offset), offset, True
    most = (BATCH_RECORDS + LOOK_AHEAD) * layout.size
    while True:
        data = np.frombuffer(source.read(at, most), np.uint8)
        last = len(data) < most and source.is_last()
        if last:
            runs, end, in_step = judge(layout, data, in_step=in_step, last=True)
        else:
            runs, end, in_step = judge_so_far(layout, data, in_step=in_step)
        if runs:
            start, count = runs[0].start, min(_in_a_row(layout, runs), BATCH_RECORDS)
            gap.add(data[:start])
            before = _end_of(before, data[:start], layout.size)
            found = data[start : start + count * layout.size]
            return Found(gap.hole(f"no record of {layout.title}"), found, crc32(before))
        if last:
            gap.add(data)
            if not gap.length:
                return None
            torn = in_step and gap.length == len(data)
            hole = cut_short(data, offset) if torn else gap.hole(f"no record of {layout.title}")
            return Found(hole, data[:0], crc32(_end_of(before, data, layout.size)))
        if not end:
            return None
        gap.add(data[:end])
        before = _end_of(before, data[:end], layout.size)
        at += end
        if not in_step and not data[end:].any():  # a record can begin with zeros
            zeros = max(0, source.skip_zeros(at) - layout.size - at)
            gap.length, at = gap.length + zeros, at + zeros
            before = (before + bytes(min(zeros, layout.size)))[-layout.size :]


def read_plain(descriptor: int, entry: SegmentEntry, place: Place, limit: int, *, last: bool) -> Found | None:
    """Read on in a file that is not compressed.

    Args:
        descriptor: of the file.
        entry: the segment that it should hold.
        place: how far it has been read.
        limit: offset beyond which nothing is read.
        last: nothing will follow that one.

    Raises:
        ChangedError: the file was truncated, or is another's.
    """
    layout = entry.laid_out
    source = Bounded(
        lambda offset, count: read_at(descriptor, offset, min(count, max(0, limit - offset))),
        lambda: last,
        lambda offset: min(limit, _next_data(descriptor, offset)),
    )
    covered = min(layout.size, place.offset)
    found = find(layout, source, place.offset, read_at(descriptor, place.offset - covered, covered))
    # Not before the reading: the file may have been cut, and have grown again, meanwhile.
    if not begins_as(descriptor, entry) or check_at(descriptor, layout, place.offset) != place.check:
        raise ChangedError
    return found


def _in_a_row(layout: Layout, runs: list[Run]) -> int:
    """How many records follow each other from the first run on: beside damage each is a run of its own."""
    count = 0
    for run in runs:
        if run.start != runs[0].start + count * layout.size:
            break
        count += run.records
    return count


def _end_of(before: bytes, data: Bytes, size: int) -> bytes:
    return data[-size:].tobytes() if len(data) >= size else (before + data.tobytes())[-size:]


def _next_data(descriptor: int, offset: int) -> int:
    """Where the next bytes are that a sparse file holds on disk."""
    try:
        return os.lseek(descriptor, offset, os.SEEK_DATA)
    except OSError as error:
        return os.fstat(descriptor).st_size if error.errno == errno.ENXIO else offset
