"""Open a file: see through its compression, skip zeros at its start, and tell its layout."""

from __future__ import annotations

import os
from typing import NamedTuple

from acctship.errors import FormatError, InputError
from acctship.records.compressed import MAGIC_BYTES, DecompressedStream, compression
from acctship.records.detect import HEAD_RECORDS, Detection, detect
from acctship.records.layout import Layout
from acctship.records.streams import PlainStream

LARGEST = 80
"""Bytes of the largest record there is, FreeBSD's."""
HEAD_BYTES = 1 << 16

Stream = PlainStream | DecompressedStream


class Opened(NamedTuple):
    """A file that is open.

    Attributes:
        stream: what it holds, behind `head`.
        head: bytes that were read to tell the layout.
        offset: where `head` starts: what comes before is zeros.
        detection: the layout, and why it was chosen.
    """

    stream: Stream
    head: bytes
    offset: int
    detection: Detection


def open_records(path: str | os.PathLike[str], layout: Layout | None) -> Opened:
    """Open a file, or standard input for `-`.

    Args:
        path: the file.
        layout: what it is, if a person has said so.

    Raises:
        InputError: it is missing, unreadable, a folder, or empty.
        FormatError: it is no accounting file that acctship reads.
    """
    stream = PlainStream(path)
    try:
        return examine(stream, layout)
    except BaseException:
        stream.close()
        raise


def examine(stream: PlainStream, layout: Layout | None) -> Opened:
    """Learn what an open file is: arguments and errors are those of `open_records`."""
    head = _more(stream, b"", MAGIC_BYTES)
    if compression(head):
        return _told(DecompressedStream(stream, head), b"", layout)
    return _told(stream, head, layout)


def _told(stream: Stream, head: bytes, layout: Layout | None) -> Opened:
    # A pipe's writer may wait for us: ask it for no more than what decides.
    live = isinstance(stream, PlainStream) and not stream.seekable
    enough = LARGEST if live else HEAD_BYTES
    head, offset = _more(stream, head, enough), 0
    while (zeros := len(head) - len(head.lstrip(b"\0")) - LARGEST) > 0:  # a record can begin with zeros
        offset += zeros + (0 if any(head) else stream.skip_zeros())
        head = _more(stream, head[zeros:], enough)
    if not head:
        missing = stream.missing()
        why = missing[1] if missing else "is accounting on, or was the file just rotated?"
        raise InputError(f"{stream.name}: empty, no record in it: {why}")
    if not any(head):
        raise FormatError(f"{stream.name}: no accounting file: all of its {offset + len(head)} bytes are zero")
    if layout is not None:
        return Opened(stream, head, offset, Detection(layout, "--layout says so"))
    if live and not _is_sure(head):
        head = _more(stream, head, HEAD_RECORDS * LARGEST)
    try:
        return Opened(stream, head, offset, detect(head))
    except FormatError as error:
        raise FormatError(f"{stream.name}: {error}") from None


def _is_sure(head: bytes) -> bool:
    """Tell whether more bytes would not change the layout."""
    try:
        return not detect(head).layout.padding  # v0's byte order takes several records
    except FormatError:
        return False


def _more(stream: Stream, head: bytes, enough: int) -> bytes:
    """Read on until there are so many bytes, or no more."""
    while len(head) < enough:
        buffer = bytearray(max(enough, HEAD_BYTES) - len(head))
        count = stream.readinto(memoryview(buffer))
        if not count:
            break
        head += buffer[:count]
    return head
