"""Records as columns, against a decoder that reads one record at a time with `struct`."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, strategies as st

from acctship.records import command
from tests.builders import BTIME, FIELDS, ORDERS, Order, batch, comp_t, random_records, record, records


def decoded(value: int) -> int:
    return value % 8192 << 3 * (value // 8192)


def check(data: list[bytes], order: Order) -> None:
    columns = batch(data, order)
    pids, parent_pids = columns.pids(), columns.parent_pids()
    assert pids is not None
    assert parent_pids is not None
    assert len(columns) == len(data)
    for at, raw in enumerate(data):
        row = struct.unpack(order + FIELDS, raw)
        flag, _, tty, status, uid, gid, pid, ppid, btime, etime = row[:10]
        utime, stime, mem, _, _, minflt, majflt, _, comm = row[10:]
        assert columns.record(at) == raw
        assert columns.crc32()[at] == zlib.crc32(raw)
        assert columns.flags()[at] == flag
        assert columns.ttys()[at] == tty
        assert columns.wait_statuses()[at] == status
        assert (columns.uids()[at], columns.gids()[at]) == (uid, gid)
        assert (pids[at], parent_pids[at]) == (pid, ppid)
        assert columns.elapsed_ticks()[at] == int(etime)
        assert columns.end_seconds()[at] == btime + int(etime // 100)
        assert columns.user_ticks()[at] == decoded(utime)
        assert columns.system_ticks()[at] == decoded(stime)
        assert columns.memory_kib()[at] == decoded(mem)
        assert columns.minor_faults()[at] == decoded(minflt)
        assert columns.major_faults()[at] == decoded(majflt)
        assert command(columns.comms()[at]) == comm.split(b"\0")[0]


@pytest.mark.parametrize("order", ORDERS)
def test_columns_of_ordinary_records(order: Order) -> None:
    check(random_records(200, order), order)


@given(st.sampled_from(ORDERS).flatmap(lambda order: st.tuples(st.lists(records(order), max_size=5), st.just(order))))
def test_columns_of_any_records(case: tuple[list[bytes], Order]) -> None:
    check(*case)


@pytest.mark.parametrize(
    ("etime", "seconds"), [(0, 0), (99, 0), (99.75, 0), (100, 1), (199, 1), (8_640_001, 86_400), (2.0**32 * 100, 2**32)]
)
@pytest.mark.parametrize("order", ORDERS)
def test_the_second_of_the_end_is_what_the_kernel_started_from(order: Order, etime: float, seconds: int) -> None:
    assert batch([record(order=order, etime=etime)], order).end_seconds().tolist() == [BTIME + seconds]


def test_the_largest_times_do_not_overflow() -> None:
    one = batch([record(btime=2**32 - 1, etime=2.0**32 * 100)])
    assert one.end_seconds().tolist() == [2**33 - 1]
    assert one.elapsed_ticks().tolist() == [2**32 * 100]


def test_the_largest_counts_do_not_overflow() -> None:
    full = 0xFFFF
    one = batch([record(utime=full, stime=full, mem=full, minflt=full, majflt=full, uid=2**32 - 1, pid=2**32 - 1)])
    for column in (one.user_ticks(), one.system_ticks(), one.memory_kib(), one.minor_faults(), one.major_faults()):
        assert column.tolist() == [17_177_772_032]
    assert one.uids().tolist() == one.rows["pid"].tolist() == [2**32 - 1]


def test_the_decoder_takes_what_the_kernel_encodes() -> None:
    one = batch([record(utime=comp_t(250), mem=comp_t(8 * 4096))])
    assert one.user_ticks().tolist() == [250]
    assert one.memory_kib().tolist() == [8 * 4096]


def test_a_part_of_a_batch_keeps_bytes_and_checksums() -> None:
    data = random_records(10)
    whole = batch(data, offset=640)
    part = type(whole)(whole.layout, whole.rows[3:7], whole.offsets[3:7])
    assert [part.record(at) for at in range(4)] == data[3:7]
    assert part.crc32() == list(map(zlib.crc32, data[3:7]))
    assert part.offsets.tolist() == [832, 896, 960, 1024]
    assert np.array_equal(part.rows["pid"], whole.rows["pid"][3:7])


@pytest.mark.parametrize(
    ("comm", "name"),
    [
        (b"sh" + bytes(14), b"sh"),
        (b"a\0b", b"a"),
        (b"\0rest", b""),
        (b"", b""),
        (b"fifteen--bytes!", b"fifteen--bytes!"),
    ],
)
def test_a_name_ends_at_its_first_nul(comm: bytes, name: bytes) -> None:
    assert command(comm) == name
