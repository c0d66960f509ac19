"""Reading files and pipes, for tests."""

from __future__ import annotations

import os
from typing import NamedTuple

from acctship.records import Hole, Reader, RecordBatch
from tests.builders import SIZE

PATIENCE = 30.0
"""Seconds after which a test that would hang fails instead."""


class Outcome(NamedTuple):
    records: list[tuple[int, bytes]]
    holes: list[Hole]
    position: int


def pairs(batch: RecordBatch) -> list[tuple[int, bytes]]:
    return [(offset, batch.record(at)) for at, offset in enumerate(batch.offsets.tolist())]


def read(path: str | os.PathLike[str]) -> Outcome:
    holes: list[Hole] = []
    with Reader(path, on_hole=holes.append) as reader:
        return Outcome([pair for batch in reader for pair in pairs(batch)], holes, reader.position)


def collect(reader: Reader, into: list[tuple[int, bytes]]) -> None:
    for batch in reader:
        into += pairs(batch)


def numbered(records: list[bytes]) -> list[tuple[int, bytes]]:
    return [(at * SIZE, record) for at, record in enumerate(records)]


def piped(data: bytes) -> int:
    """The end to read from, of a pipe that holds these bytes and is closed."""
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    return reading
