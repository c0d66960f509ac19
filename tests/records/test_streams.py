"""However the bytes arrive, and however many: the same records, in constant memory."""

from __future__ import annotations

import itertools
import os
import threading
import tracemalloc
from collections.abc import Sequence

import pytest
from hypothesis import given, strategies as st

from acctship.errors import InputError
from acctship.records import Hole, Reader
from tests.builders import ORDERS, SIZE, Order, random_records

RECORDS = {order: random_records(60, order) for order in ORDERS}
MANY = 300_000


def read_in_pieces(data: bytes, lengths: Sequence[int], path: str) -> tuple[list[tuple[int, bytes]], list[Hole]]:
    """Read a file or a pipe of which each system call gives no more than the next of `lengths`."""
    supply, real_read = itertools.cycle(lengths), os.read
    holes: list[Hole] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("acctship.records.reader.os.read", lambda fd, count: real_read(fd, min(count, next(supply))))
        with Reader(path, on_hole=holes.append) as reader:
            assert reader.size in (None, len(data))
            found = [(offset, batch.record(at)) for batch in reader for at, offset in enumerate(batch.offsets.tolist())]
    return found, holes


@given(
    order=st.sampled_from(ORDERS),
    length=st.integers(SIZE, 60 * SIZE),
    lengths=st.lists(st.integers(1, 200), min_size=1, max_size=20),
)
def test_any_pieces_of_a_pipe_give_the_same_records(order: Order, length: int, lengths: list[int]) -> None:
    expected = RECORDS[order][: length // SIZE]
    data = b"".join(RECORDS[order])[:length]
    reading, writing = os.pipe()
    os.write(writing, data)  # a pipe holds 64 KiB
    os.close(writing)
    try:
        found, holes = read_in_pieces(data, lengths, f"/dev/fd/{reading}")
    finally:
        os.close(reading)
    assert found == [(at * SIZE, record) for at, record in enumerate(expected)]
    assert sum(hole.length for hole in holes) == length % SIZE


@given(length=st.integers(SIZE, 60 * SIZE), lengths=st.lists(st.integers(1, 200), min_size=1, max_size=20))
def test_any_pieces_of_a_file_give_the_same_records(
    tmp_path_factory: pytest.TempPathFactory, length: int, lengths: list[int]
) -> None:
    data = b"".join(RECORDS["<"])[:length]
    path = tmp_path_factory.getbasetemp() / "pieces"
    path.write_bytes(data)
    found, holes = read_in_pieces(data, lengths, str(path))
    assert found == [(at * SIZE, record) for at, record in enumerate(RECORDS["<"][: length // SIZE])]
    torn = length % SIZE
    assert [(hole.offset, hole.length) for hole in holes] == ([(length - torn, torn)] if torn else [])


def test_a_device_that_fails_is_an_error_at_its_offset(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "failing"
    path.write_bytes(b"".join(random_records(2000)))

    def fail(_descriptor: int, _count: int) -> bytes:
        raise OSError(5, "Input/output error")

    with Reader(path) as reader, pytest.MonkeyPatch.context() as patch:
        batches = iter(reader)
        read = len(next(batches))
        patch.setattr("acctship.records.reader.os.read", fail)
        with pytest.raises(InputError, match=f"offset {read * SIZE}: cannot be read: Input/output error"):
            next(batches)


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
