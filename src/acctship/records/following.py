"""Waiting for the next records of a file, for a person who watches; shipping has a follower that forgets nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from acctship.errors import InputError
from acctship.records.batch import RecordBatch
from acctship.records.damage import judge_so_far
from acctship.records.finding import BATCH_RECORDS, Hole, first_records
from acctship.records.layout import Layout
from acctship.records.opening import examine
from acctship.records.streams import PlainStream

ENOUGH_TO_TELL = 64
"""Bytes of a file that hold a record of any layout of Linux."""


class Growth(NamedTuple):
    """Records that have come.

    Attributes:
        first: gives those at the start of the file that they are in.
        records: the new ones, some.
    """

    first: Callable[[], RecordBatch]
    records: RecordBatch


def open_regular(path: str) -> PlainStream:
    """Open a file to follow it: before it is listed, so that it may be moved away meanwhile.

    Raises:
        InputError: it cannot be read, or is no regular file.
    """
    if Path(path).exists() and not Path(path).is_file():  # to open a pipe would wait for its writer
        raise InputError(f"{path}: no regular file, so it cannot be followed")
    return PlainStream(path)


def follow(
    stream: PlainStream,
    position: int,
    *,
    layout: Layout | None,
    ahz: int | None,
    on_hole: Callable[[Hole], None],
    wait: Callable[[], None],
) -> Iterator[Growth]:
    """Records that are appended to a regular file from a position on, as they come, for ever.

    A file that became shorter is read from its start. When another has taken its path and holds a record, which shows
    that the kernel has turned to it, the old one is read to its end first, then the new one.

    Args:
        stream: the file, from `open_regular`; it is closed in the end. A later file at its path is followed in turn.
        position: bytes of the file that have been read.
        layout: of the records, where it is known.
        ahz: ticks per second, where a person knows better than the file.
        on_hole: called with bytes that are no records, which are skipped.
        wait: called where there is nothing to do; may raise to end it.

    Raises:
        InputError: a later file cannot be read, or is no regular file.
        FormatError: it is no accounting file.
    """
    while True:
        try:
            yield from _follow_one(stream, position, layout=layout, ahz=ahz, on_hole=on_hole, wait=wait)
        finally:
            stream.close()
        stream, position = open_regular(stream.path), 0


def _follow_one(
    stream: PlainStream,
    position: int,
    *,
    layout: Layout | None,
    ahz: int | None,
    on_hole: Callable[[Hole], None],
    wait: Callable[[], None],
) -> Iterator[Growth]:
    """Records of one file until another has replaced it."""
    in_step, hole = True, position
    while True:
        replaced = _is_replaced(stream)  # asked before the size, so that nothing comes between
        stream.size = size = os.fstat(stream.descriptor).st_size
        if size < position:
            in_step, hole, position = True, 0, 0
        if layout is None and size >= ENOUGH_TO_TELL:
            stream.seek(0)
            layout = examine(stream, None).detection.layout
        while layout is not None and size > position:
            data = stream.read_at(position, min(size - position, BATCH_RECORDS * layout.size))
            runs, end, in_step = judge_so_far(layout, data, in_step=in_step)
            for run in runs:
                start = position + run.start
                if start > hole:
                    on_hole(Hole(hole, start - hole, f"no record of {layout.title}"))
                found = data[run.start :][: run.records * layout.size]
                hole = start + len(found)
                records = RecordBatch.of_bytes(layout, found, start, ahz)
                yield Growth(partial(first_records, stream, layout, ahz), records)
            position += end
            if not end:
                break
        if replaced:
            return
        wait()


def _is_replaced(stream: PlainStream) -> bool:
    """Tell whether the path leads to another file by now, and the kernel writes to that one."""
    try:
        there = Path(stream.path).stat()
    except OSError:  # it has been moved away, and nothing has come in its place yet
        return False
    return there.st_size > 0 and not os.path.samestat(there, os.fstat(stream.descriptor))
