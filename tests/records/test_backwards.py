"""Reading from the end: the records of `Reader`, turned around, and the newest at once."""

from __future__ import annotations

import gzip
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from acctship.errors import FormatError, InputError
from acctship.records import LAYOUTS, STDIN, BackwardReader, Hole
from tests.layouts import NAMES, ordinary, size_of
from tests.records.reading import pairs, piped, read, read_backwards


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pacct"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("count", [1, 2, 1023, 1024, 1025, 3000])
def test_the_newest_comes_first_in_batches_that_run_backwards(file: Path, name: str, count: int) -> None:
    records, size = ordinary(name, count), size_of(name)
    file.write_bytes(b"".join(records))
    got = []
    with BackwardReader(file) as reader:
        assert reader.detection.layout is LAYOUTS[name]
        for batch in reader:
            assert len(batch) <= 1024
            assert (batch.offsets[:-1] - batch.offsets[1:] == size).all()
            assert len(batch.crc32()) == len(batch)
            got += pairs(batch)
        assert reader.position == reader.size == count * size
    assert got == [(at * size, record) for at, record in enumerate(records)][::-1]


def test_the_first_batch_takes_the_end_of_the_file_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = ordinary("linux-v3-le", 100_000)
    file.write_bytes(b"".join(records))
    with BackwardReader(file) as reader:
        seen = 0
        real_readv = os.readv

        def readv(descriptor: int, buffers: list[memoryview]) -> int:
            nonlocal seen
            count = real_readv(descriptor, buffers)
            seen += count
            return count

        monkeypatch.setattr("acctship.records.streams.os.readv", readv)
        assert next(iter(reader)).record(0) == records[-1]
    assert seen <= 1024 * 64


def test_damage_far_from_the_end_does_not_hold_up_the_newest(file: Path) -> None:
    records = ordinary("linux-v3-le", 9000)
    file.write_bytes(b"".join(records[:3000]) + b"\xee" * 640 + b"".join(records[3000:]))
    holes: list[Hole] = []
    with BackwardReader(file, on_hole=holes.append) as reader:
        newest = pairs(next(iter(reader)))
        assert [record for _, record in newest] == records[-1024:][::-1]
        assert holes == []
    assert read_backwards(file).records == read(file).records
    assert read_backwards(file).spans == [(3000 * 64, 640)]


def test_a_torn_end_is_said_first(file: Path) -> None:
    records = ordinary("linux-v3-le", 2000)
    file.write_bytes(b"".join(records) + records[0][:20])
    holes: list[Hole] = []
    with BackwardReader(file, on_hole=holes.append) as reader:
        assert next(iter(reader)).record(0) == records[-1]
        assert holes == [Hole(2000 * 64, 20, "the last record is cut short")]
        list(reader)
    assert len(holes) == 1


def test_a_pipe_is_copied_and_the_copy_is_gone() -> None:
    records = ordinary("linux-v2-be", 3000)
    before = len(list(Path("/dev/fd").iterdir()))
    with piped(b"".join(records)) as pipe:
        assert read_backwards(pipe).bytes == records
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_standard_input_is_read_from_where_it_stands(file: Path, as_stdin: Callable[[int], None]) -> None:
    records = ordinary("linux-v3-le", 20)
    file.write_bytes(b"".join(records))
    descriptor = os.open(file, os.O_RDONLY)
    os.lseek(descriptor, 640, os.SEEK_SET)
    as_stdin(descriptor)
    assert read_backwards(STDIN).records == [(at * 64, record) for at, record in enumerate(records[10:])]


def test_a_file_that_shrinks_meanwhile_gives_what_is_left_and_says_so(file: Path) -> None:
    records = ordinary("linux-v3-le", 5000)
    file.write_bytes(b"".join(records))
    holes: list[Hole] = []
    got = []
    with BackwardReader(file, on_hole=holes.append) as reader:
        for batch in reader:
            got += pairs(batch)
            os.truncate(file, 1000 * 64)
    assert [record for _, record in got] == [*records[-1024:][::-1], *records[:1000][::-1]]
    assert [hole.reason for hole in holes] == ["the file was cut while it was read"]


def test_what_cannot_be_read_is_refused_as_by_a_reader(file: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        BackwardReader(file)
    file.write_text("no records\n" * 20)
    with pytest.raises(FormatError, match="text"):
        BackwardReader(file)


def test_memory_does_not_grow_with_the_file(file: Path) -> None:
    block = b"".join(ordinary("linux-v3-le", 10_000))
    with file.open("wb") as out:
        for _ in range(20):
            out.write(block)
        out.write(b"\xee" * 100)
        for _ in range(20):
            out.write(block)
    tracemalloc.start()
    try:
        with BackwardReader(file) as reader:
            count = sum(map(len, reader))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 400_000
    assert peak < 2_000_000


def test_what_is_missing_of_a_compressed_file_is_said(file: Path) -> None:
    packed = gzip.compress(b"".join(ordinary("linux-v3-le", 3000)))
    file.write_bytes(packed[: len(packed) // 2])
    outcome = read_backwards(file)
    assert outcome.records == read(file).records
    assert "the gzip stream ends early" in outcome.holes[-1].reason
