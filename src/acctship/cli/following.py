"""Waiting for the next records of a file, for a person who watches; shipping has a follower that forgets nothing."""

from __future__ import annotations

import os
import select
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from acctship.cli.terminal import OutputClosedError
from acctship.errors import FormatError, InputError
from acctship.records import BATCH_RECORDS, Hole, Layout, RecordBatch, detect
from acctship.records.plausible import plausible

POLL_MS = 200
_HEAD_BYTES = 64
"""Bytes at the start of a file that tell its layout."""


class Growth(NamedTuple):
    """Records that have come.

    Attributes:
        first: the first record of the file that they are in.
        records: whole records, some.
    """

    first: RecordBatch
    records: RecordBatch


def open_regular(path: str) -> int:
    """Open a file to follow it: before it is listed, so that it may be moved away meanwhile.

    Raises:
        InputError: it cannot be read, or is no regular file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError as error:
        raise InputError(f"{path}: cannot be opened: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InputError(f"{path}: no regular file, so it cannot be followed")
    return descriptor


def follow(
    path: str,
    descriptor: int,
    position: int,
    *,
    layout: Layout | None,
    ahz: int | None,
    on_hole: Callable[[Hole], None],
) -> Iterator[Growth]:
    """Records that are appended to a regular file from a position on, as they come, for ever.

    A file that became shorter is read from its start. When another has taken its path and holds a record, which shows
    that the kernel has turned to it, the old one is read to its end first, then the new one.

    Args:
        path: the file; a later file at the same path is followed in its turn.
        descriptor: of the file, from `open_regular`; it is closed in the end.
        position: bytes of the file that have been read.
        layout: of the records, where it is known.
        ahz: ticks per second, where a person knows better than the file.
        on_hole: called with bytes that are no records, which are skipped.

    Raises:
        InputError: a later file cannot be read, or is no regular file.
        FormatError: it is no accounting file.
        OutputClosedError: nobody reads standard output any more.
    """
    while True:
        try:
            yield from _follow_one(descriptor, path=path, position=position, layout=layout, ahz=ahz, on_hole=on_hole)
        finally:
            os.close(descriptor)
        descriptor, position = open_regular(path), 0


def _follow_one(
    descriptor: int,
    *,
    path: str,
    position: int,
    layout: Layout | None,
    ahz: int | None,
    on_hole: Callable[[Hole], None],
) -> Iterator[Growth]:
    """Records of one file until another has replaced it."""
    while True:
        replaced = _is_replaced(path, descriptor)  # asked before the size, so that nothing comes between
        size = os.fstat(descriptor).st_size
        if size < position:
            position = 0
        if layout is None and size >= _HEAD_BYTES:
            layout = _layout(path, descriptor)
        while layout is not None and size - position >= layout.size:
            count = min((size - position) // layout.size, BATCH_RECORDS)
            data = os.pread(descriptor, count * layout.size, position)
            rows = np.frombuffer(data, layout.dtype, len(data) // layout.size)
            if not len(rows):  # it was cut just now
                break
            good = plausible(layout, rows)
            offsets = np.arange(len(rows), dtype=np.int64) * layout.size + position
            for offset in offsets[~good].tolist():
                on_hole(Hole(offset, layout.size, f"no record of {layout.title}"))
            position += len(rows) * layout.size
            if good.any():
                first = np.frombuffer(os.pread(descriptor, layout.size, 0), layout.dtype)
                yield Growth(
                    RecordBatch(layout, first, np.zeros(1, np.int64), ahz),
                    RecordBatch(layout, rows[good], offsets[good], ahz),
                )
        if replaced:
            return
        _wait()


def _wait() -> None:
    output = select.poll()
    output.register(1, 0)  # of no interest but that the other end has gone
    if output.poll(POLL_MS):
        raise OutputClosedError("standard output was closed by its reader")


def _layout(path: str, descriptor: int) -> Layout:
    try:
        return detect(os.pread(descriptor, _HEAD_BYTES, 0)).layout
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from None


def _is_replaced(path: str, descriptor: int) -> bool:
    """Tell whether the path leads to another file by now, and the kernel writes to that one."""
    try:
        there = Path(path).stat()
    except OSError:  # it has been moved away, and nothing has come in its place yet
        return False
    return there.st_size > 0 and not os.path.samestat(there, os.fstat(descriptor))
