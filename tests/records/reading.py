"""Reading files and pipes, for tests."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from typing import NamedTuple

import pytest

from acctship.records import BackwardReader, Hole, Layout, Reader, RecordBatch
from tests.builders import SIZE

PATIENCE = 30.0
"""Seconds after which a test that would hang fails instead."""


class Outcome(NamedTuple):
    records: list[tuple[int, bytes]]
    holes: list[Hole]
    position: int

    @property
    def bytes(self) -> list[bytes]:
        return [record for _, record in self.records]

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Offset and length of each hole."""
        return [(hole.offset, hole.length) for hole in self.holes]


def pairs(batch: RecordBatch) -> list[tuple[int, bytes]]:
    return [(offset, batch.record(at)) for at, offset in enumerate(batch.offsets.tolist())]


def read(path: str | os.PathLike[str], *, layout: Layout | None = None, batch_records: int = 1024) -> Outcome:
    holes: list[Hole] = []
    with Reader(path, layout=layout, batch_records=batch_records, on_hole=holes.append) as reader:
        return Outcome([pair for batch in reader for pair in pairs(batch)], holes, reader.position)


def read_backwards(path: str | os.PathLike[str], *, layout: Layout | None = None, batch_records: int = 1024) -> Outcome:
    """What `BackwardReader` gives, turned around."""
    holes: list[Hole] = []
    with BackwardReader(path, layout=layout, batch_records=batch_records, on_hole=holes.append) as reader:
        records = [pair for batch in reader for pair in pairs(batch)]
        return Outcome(records[::-1], sorted(holes), reader.position)


def read_in_pieces(path: str, lengths: Sequence[int], *, layout: Layout | None = None) -> Outcome:
    """Read where each system call gives no more than the next of `lengths`."""
    supply, real_readv = cycle(lengths), os.readv
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "acctship.records.streams.os.readv",
            lambda fd, buffers: real_readv(fd, [buffers[0][: next(supply)]]),
        )
        return read(path, layout=layout)


def collect(reader: Reader, into: list[tuple[int, bytes]]) -> None:
    for batch in reader:
        into += pairs(batch)


def numbered(records: list[bytes]) -> list[tuple[int, bytes]]:
    return [(at * SIZE, record) for at, record in enumerate(records)]


@contextmanager
def piped(data: bytes) -> Iterator[str]:
    """The path of a pipe through which these bytes come, however many."""
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb", buffering=0) as pipe:
            view = memoryview(data)
            while view:
                view = view[pipe.write(view) or 0 :]

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        yield f"/dev/fd/{reading}"
    finally:
        os.close(reading)
        writer.join(PATIENCE)
