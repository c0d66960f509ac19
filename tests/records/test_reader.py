"""Reading a file or a pipe from start to end."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from acctship.records import LAYOUTS, STDIN, Reader
from tests.builders import ORDERS, SIZE, Order, layout, random_records
from tests.layouts import ordinary
from tests.records.reading import PATIENCE, collect, numbered, pairs, piped, read


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("count", [1, 2, 16, 17, 1023, 1024, 1025, 5000])
def test_a_file_gives_every_record_with_its_offset(tmp_path: Path, order: Order, count: int) -> None:
    records = random_records(count, order)
    path = tmp_path / "pacct"
    path.write_bytes(b"".join(records))
    assert read(path) == (numbered(records), [], count * SIZE)


def test_a_reader_says_what_it_reads(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(b"".join(random_records(3, ">")))
    with Reader(path) as reader:
        assert (reader.name, reader.size, reader.position) == (str(path), 192, 0)
        assert reader.detection.layout is layout(">")


@pytest.mark.parametrize("count", [1, 5, 500])
def test_standard_input_may_be_a_pipe(as_stdin: Callable[[int], None], count: int) -> None:
    records = random_records(count)
    with piped(b"".join(records)) as pipe:
        as_stdin(os.open(pipe, os.O_RDONLY))
        assert read(STDIN) == (numbered(records), [], count * SIZE)


def test_standard_input_may_be_a_file_and_stays_open(tmp_path: Path, as_stdin: Callable[[int], None]) -> None:
    records = random_records(2000)
    (tmp_path / "pacct").write_bytes(b"".join(records))
    as_stdin(os.open(tmp_path / "pacct", os.O_RDONLY))
    with Reader(STDIN) as reader:
        assert (reader.name, reader.size) == ("standard input", 2000 * SIZE)
        assert [pair for batch in reader for pair in pairs(batch)] == numbered(records)
    assert os.fstat(0).st_size == 2000 * SIZE


def test_a_fifo_is_read_to_its_end(tmp_path: Path) -> None:
    records = random_records(3000)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_bytes, args=(b"".join(records),), daemon=True)
    writer.start()
    assert read(fifo) == (numbered(records), [], 3000 * SIZE)
    writer.join(PATIENCE)


def test_a_record_passes_on_as_soon_as_the_next_is_whole_while_the_pipe_stays_open() -> None:
    records = random_records(5)
    reading, writing = os.pipe()
    seen = [threading.Event() for _ in records]
    in_time: list[bool] = []

    def write() -> None:
        os.write(writing, records[0])
        for at, nxt in enumerate([*records[1:], b""]):
            os.write(writing, nxt[:40])
            os.write(writing, nxt[40:])
            if not nxt:
                os.close(writing)  # the end decides on the last
            in_time.append(seen[at].wait(PATIENCE))
            if not in_time[-1]:
                os.close(writing)
                break

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    got = []
    with Reader(f"/dev/fd/{reading}") as reader:
        for batch in reader:
            got += pairs(batch)
            for event in seen[: len(got)]:
                event.set()
    writer.join(PATIENCE)
    os.close(reading)
    assert got == numbered(records)
    assert in_time == [True] * 5


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("torn", [1, 32, 63])
@pytest.mark.parametrize("count", [1, 1024, 1500])
def test_a_torn_last_record_is_reported(tmp_path: Path, order: Order, torn: int, count: int) -> None:
    records = random_records(count + 1, order)
    data = b"".join(records)[: count * SIZE + torn]
    (tmp_path / "pacct").write_bytes(data)
    outcome = read(tmp_path / "pacct")
    assert outcome.records == numbered(records[:count])
    assert [(hole.offset, hole.length) for hole in outcome.holes] == [(count * SIZE, torn)]


@pytest.mark.parametrize("at", [0, 16, 100, 1023, 1024, 2999])
@pytest.mark.parametrize("rubbish", [bytes(SIZE), b"\xff" * SIZE])
def test_one_record_overwritten_is_one_hole(tmp_path: Path, at: int, rubbish: bytes) -> None:
    records = random_records(3000)
    (tmp_path / "pacct").write_bytes(b"".join([*records[:at], rubbish, *records[at + 1 :]]))
    outcome = read(tmp_path / "pacct")
    assert outcome.records == [pair for pair in numbered(records) if pair[0] != at * SIZE]
    assert outcome.spans == [(at * SIZE, SIZE)]
    assert outcome.position == 3000 * SIZE


def test_a_layout_can_be_ordered(tmp_path: Path) -> None:
    (tmp_path / "pacct").write_bytes(b"".join(ordinary("linux-v0-be", 1)))
    outcome = read(tmp_path / "pacct", layout=LAYOUTS["linux-v0-be"])
    assert len(outcome.records) == 1
    assert read(tmp_path / "pacct", layout=LAYOUTS["linux-v3-le"]).spans == [(0, SIZE)]


def test_reading_goes_on_where_it_was_left(tmp_path: Path) -> None:
    records = random_records(3000)
    (tmp_path / "pacct").write_bytes(b"".join(records))
    with Reader(tmp_path / "pacct") as reader:
        got = pairs(next(iter(reader)))
        assert 0 < len(got) < 3000
        collect(reader, got)
        assert got == numbered(records)
        assert list(reader) == []


def test_a_file_that_grows_ends_where_it_ended_when_it_was_opened(tmp_path: Path) -> None:
    records = random_records(4000)
    path = tmp_path / "pacct"
    path.write_bytes(b"".join(records[:3000]))
    with Reader(path) as reader:
        with path.open("ab") as file:
            file.write(b"".join(records[3000:]))
        got: list[tuple[int, bytes]] = []
        collect(reader, got)
    assert got == numbered(records[:3000])


def test_a_file_on_standard_input_is_read_from_where_it_stands_to_its_end(
    tmp_path: Path, as_stdin: Callable[[int], None]
) -> None:
    records = random_records(4000)
    path = tmp_path / "pacct"
    path.write_bytes(b"".join(records[:3000]))
    descriptor = os.open(path, os.O_RDONLY)
    os.lseek(descriptor, 1000 * SIZE, os.SEEK_SET)
    as_stdin(descriptor)
    with Reader(STDIN) as reader:
        with path.open("ab") as file:
            file.write(b"".join(records[3000:]))
        got: list[tuple[int, bytes]] = []
        collect(reader, got)
    assert [record for _, record in got] == records[1000:3000]


def test_a_file_that_shrinks_gives_what_is_left(tmp_path: Path) -> None:
    records = random_records(4000)
    path = tmp_path / "pacct"
    path.write_bytes(b"".join(records))
    got = []
    with Reader(path) as reader:
        for batch in reader:
            os.truncate(path, 2500 * SIZE)
            got += pairs(batch)
    assert got == numbered(records[:2500])


def test_a_pipe_that_does_not_begin_with_a_record_is_known_by_those_that_follow() -> None:
    records = ordinary("linux-v3-le", 40)
    with piped(b"\xff" * 100 + b"".join(records)) as pipe:
        outcome = read(pipe)
    assert (outcome.bytes, outcome.spans) == (records, [(0, 100)])
