"""One accounting file on disk: what it is, and whether it is still the one that it was."""

from __future__ import annotations

import os
import stat
from array import array
from contextlib import closing
from typing import NamedTuple
from zlib import crc32

import numpy as np

from acctship.delivery.following.segments import SegmentEntry
from acctship.delivery.place import Place
from acctship.errors import InputError
from acctship.records import BATCH_RECORDS, LAYOUTS, Hole, Layout, RecordBatch
from acctship.records.compressed import DecompressedStream
from acctship.records.damage import as_rows, judge
from acctship.records.finding import find_records
from acctship.records.opening import examine
from acctship.records.plausible import plausible
from acctship.records.streams import PlainStream

SMALLEST = min(layout.size for layout in LAYOUTS.values())
"""Bytes below which no file holds a record."""

_WINDOWS_BACK = 16
"""Windows before the end of a file in which its last record is looked for."""


class Signature(NamedTuple):
    """What a file has as long as it stays the same."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int


class Examined(NamedTuple):
    """An accounting file.

    Attributes:
        signature: as it was when the file was examined.
        layout: of its records.
        first: the first of them.
        begin: offset of that one.
        end_second: when that one ended, in seconds since 1970.
        compressed: it must be decompressed to be read.
        sample: CRC-32 of each of the first records, to tell it from a file that only begins alike.
    """

    signature: Signature
    layout: Layout
    first: bytes
    begin: int
    end_second: int
    compressed: bool
    sample: array[int]


def signature(status: os.stat_result) -> Signature:
    """The signature of a file."""
    return Signature(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def open_file(path: str) -> int:
    """A descriptor to read a regular file by.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    # To open a pipe would wait for its writer, and a terminal could become ours.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "no regular file")
    return descriptor


def examine_file(descriptor: int, path: str, layout: Layout | None) -> Examined:
    """Learn what an open file is, and its first record. The descriptor stays open.

    Args:
        descriptor: of the file; where it stands is changed.
        path: for messages.
        layout: what it is, if a person has said so.

    Raises:
        InputError: it holds no record, or cannot be read.
        FormatError: it is no accounting file that acctship reads.
    """
    os.lseek(descriptor, 0, os.SEEK_SET)
    status = os.fstat(descriptor)
    with closing(PlainStream(path, os.dup(descriptor))) as stream:
        opened = examine(stream, layout)
        layout = opened.detection.layout
        for found in find_records(opened, BATCH_RECORDS * layout.size):
            if not isinstance(found, Hole):
                offset, data = found
                records = RecordBatch(layout, as_rows(layout, data), np.array([offset]))
                compressed = isinstance(opened.stream, DecompressedStream)
                ended, sample = int(records.end_seconds()[0]), array("I", records.crc32())
                return Examined(signature(status), layout, records.record(0), offset, ended, compressed, sample)
    raise InputError(f"{path}: no record in it")


def read_at(descriptor: int, offset: int, count: int) -> bytes:
    """So many bytes of a file from an offset on; fewer where it ends, or can no more be read."""
    parts, done = [], 0
    while done < count:
        try:
            part = os.pread(descriptor, count - done, offset + done)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
        done += len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def check_at(descriptor: int, layout: Layout, offset: int) -> int:
    """`Place.check` of an offset, as the file has it now."""
    before = min(layout.size, offset)
    return crc32(read_at(descriptor, offset - before, before))


def begins_as(descriptor: int, entry: SegmentEntry) -> bool:
    """Whether the file has the first record of a segment."""
    return read_at(descriptor, entry.begin, entry.laid_out.size) == entry.record


def goes_on_as(descriptor: int, entry: SegmentEntry, size: int) -> bool:
    """Whether the file, of which `size` bytes are there, holds a segment up to the last record that is known of."""
    tail = entry.tail
    return size >= tail.offset and check_at(descriptor, entry.laid_out, tail.offset) == tail.check


def same_content(one: int, other: int, layout: Layout) -> bool:
    """Whether of two files that begin alike one is, as far as it goes, the other: told by its last record."""
    shared = min(os.fstat(one).st_size, os.fstat(other).st_size)
    end = shared - shared % layout.size
    return check_at(one, layout, end) == check_at(other, layout, end)


def last_record(descriptor: int, layout: Layout, begin: int, size: int) -> tuple[int, bytes] | None:
    """Offset and bytes of the last whole record among the first `size` bytes of a file; None if none is near."""
    start = size - (size - begin) % layout.size - layout.size
    data = np.frombuffer(read_at(descriptor, max(0, start), layout.size), np.uint8)
    if start >= begin and len(data) == layout.size and plausible(layout, as_rows(layout, data)).all():
        return start, data.tobytes()
    start = max(begin, size - _WINDOWS_BACK * layout.size)
    data = np.frombuffer(read_at(descriptor, start, max(0, size - start)), np.uint8)
    runs = judge(layout, data, in_step=start == begin, last=True).runs
    if not runs:
        return None
    at = runs[-1].start + (runs[-1].records - 1) * layout.size
    return start + at, data[at : at + layout.size].tobytes()


def tail_of(descriptor: int, entry: SegmentEntry, size: int) -> Place:
    """`SegmentEntry.tail` for the first `size` bytes of a file; the one that is known, if no record is near the end."""
    layout = entry.laid_out
    found = last_record(descriptor, layout, entry.begin, size)
    return Place(found[0] + layout.size, crc32(found[1])) if found else entry.tail
