"""However the bytes arrive, and however many: the same records, in constant memory."""

from __future__ import annotations

import os
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from acctship.errors import InputError
from acctship.records import Reader
from tests.builders import ORDERS, SIZE, Order, random_records
from tests.records.reading import Outcome, numbered, piped, read, read_backwards, read_in_pieces

RECORDS = {order: random_records(60, order) for order in ORDERS}
MANY = 300_000


@given(
    order=st.sampled_from(ORDERS),
    length=st.integers(SIZE, 60 * SIZE),
    lengths=st.lists(st.integers(1, 200), min_size=1, max_size=20),
)
def test_any_pieces_of_a_pipe_give_the_same_records(order: Order, length: int, lengths: list[int]) -> None:
    data = b"".join(RECORDS[order])[:length]
    with piped(data) as pipe:
        outcome = read_in_pieces(pipe, lengths)
    assert outcome.records == numbered(RECORDS[order][: length // SIZE])
    assert sum(hole.length for hole in outcome.holes) == length % SIZE


@given(length=st.integers(SIZE, 60 * SIZE), lengths=st.lists(st.integers(1, 200), min_size=1, max_size=20))
def test_any_pieces_of_a_file_give_the_same_records(
    tmp_path_factory: pytest.TempPathFactory, length: int, lengths: list[int]
) -> None:
    path = tmp_path_factory.getbasetemp() / "pieces"
    path.write_bytes(b"".join(RECORDS["<"])[:length])
    outcome = read_in_pieces(str(path), lengths)
    assert outcome.records == numbered(RECORDS["<"][: length // SIZE])
    torn = length % SIZE
    assert outcome.spans == ([(length - torn, torn)] if torn else [])


def test_a_device_that_fails_is_an_error_at_its_offset(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "failing"
    path.write_bytes(b"".join(random_records(2000)))

    def fail(_descriptor: int, _buffers: object) -> int:
        raise OSError(5, "Input/output error")

    with Reader(path) as reader, pytest.MonkeyPatch.context() as patch:
        batches = iter(reader)
        assert len(next(batches)) <= 1024
        patch.setattr("acctship.records.streams.os.readv", fail)
        with pytest.raises(InputError, match=r"failing: offset \d+: cannot be read: Input/output error"):
            list(batches)


@pytest.mark.parametrize("reading", [read, read_backwards])
def test_a_sparse_file_of_many_gigabytes_reads_like_a_small_one(
    tmp_path: Path, reading: Callable[[Path], Outcome]
) -> None:
    path, records = tmp_path / "pacct", RECORDS["<"]
    hole = 6_400_000_000
    with path.open("wb") as file:
        file.seek(hole)
        file.write(b"".join(records[:20]))
        file.seek(hole, os.SEEK_CUR)
        file.write(b"".join(records[20:]))
        file.truncate(3 * hole)
    assert path.stat().st_blocks * 512 < 1_000_000
    tracemalloc.start()
    try:
        outcome = reading(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    middle, end = hole + 20 * SIZE, 2 * hole + 60 * SIZE
    assert outcome.records == [
        *((hole + at * SIZE, record) for at, record in enumerate(records[:20])),
        *((middle + hole + at * SIZE, record) for at, record in enumerate(records[20:])),
    ]
    assert outcome.spans == [(0, hole), (middle, hole), (end, 3 * hole - end)]
    assert peak < 1_500_000


def test_memory_does_not_grow_with_the_input() -> None:
    reading, writing = os.pipe()
    block = b"".join(random_records(1000))

    def write() -> None:
        with os.fdopen(writing, "wb") as pipe:
            for _ in range(MANY // 1000):
                pipe.write(block)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    count = 0
    tracemalloc.start()
    try:
        with Reader(f"/dev/fd/{reading}") as reader:
            os.close(reading)
            for batch in reader:
                count += len(batch)
                last = int(batch.offsets[-1])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    writer.join()
    assert (count, last) == (MANY, (MANY - 1) * SIZE)
    assert peak < 1_000_000, f"{peak} bytes for {MANY * SIZE} bytes of input"
