"""Records as columns, against a decoder that reads one record at a time with `struct`."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from acctship.records import LAYOUTS, RecordBatch, command
from tests.builders import BTIME, FIELDS, ORDERS, Order, batch, comp_t, plain, random_records, record, records
from tests.layouts import NAMES, Fields, encode


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
        assert columns.signals()[at] == status & 0x7F
        assert (columns.uids()[at], columns.gids()[at]) == (uid, gid)
        assert (pids[at], parent_pids[at]) == (pid, ppid)
        assert columns.elapsed_ticks()[at] == int(etime)
        assert columns.end_seconds()[at] == btime + int(etime // 100)
        assert columns.user_ticks()[at] == plain(utime)
        assert columns.system_ticks()[at] == plain(stime)
        assert columns.memory_kib()[at] == plain(mem)
        assert columns.minor_faults()[at] == plain(minflt)
        assert columns.major_faults()[at] == plain(majflt)
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


ANY = st.builds(
    Fields,
    flag=st.integers(0, 0x1F),
    tty=st.integers(0, 0xFFFF),
    status=st.sampled_from((0, 9, 0x8B, 256, 255 << 8)),
    uid=st.integers(0, 2**32 - 1),
    gid=st.integers(0, 2**32 - 1),
    pid=st.integers(1, 2**22),
    ppid=st.integers(0, 2**22),
    btime=st.integers(0, 2**32 - 1),
    etime=st.integers(0, 2**24),
    utime=st.integers(0, 2**33),
    stime=st.integers(0, 2**33),
    mem=st.integers(0, 2**33),
    minflt=st.integers(0, 2**33),
    majflt=st.integers(0, 2**33),
    comm=st.binary(max_size=15).map(lambda name: name.replace(b"\0", b"?")),
    ahz=st.sampled_from((100, 1024)),
)


def near(value: int, bits: int) -> Any:
    """A number that keeps so many bits."""
    return pytest.approx(value, rel=2.0**-bits, abs=0)


@pytest.mark.parametrize("name", NAMES)
@given(fields=ANY)
def test_a_record_of_any_layout_comes_back_as_far_as_it_can_hold_it(name: str, fields: Fields) -> None:
    layout, version = LAYOUTS[name], LAYOUTS[name].version
    raw = encode(name, fields)
    one = RecordBatch(layout, np.frombuffer(raw, layout.dtype), np.zeros(1, np.int64))
    assert one.record(0) == raw
    ids = 0xFFFF if version == 0 else 0xFFFFFFFF
    assert (one.flags()[0], one.ttys()[0], one.wait_statuses()[0]) == (fields.flag, fields.tty, fields.status)
    assert (one.uids()[0], one.gids()[0]) == (fields.uid & ids, fields.gid & ids)
    assert command(one.comms()[0]) == fields.comm
    assert one.begin_seconds()[0] == fields.btime
    if version == 3:
        assert (one.rows["pid"][0], one.rows["ppid"][0]) == (fields.pid, fields.ppid)
    else:
        assert one.pids() is one.parent_pids() is None
    elapsed = int(one.elapsed_ticks()[0])
    assert elapsed == (fields.etime if version == 3 else near(fields.etime, 19 if version else 10))
    for column, value in (
        (one.user_ticks(), fields.utime),
        (one.system_ticks(), fields.stime),
        (one.memory_kib(), fields.mem),
        (one.minor_faults(), fields.minflt),
        (one.major_faults(), fields.majflt),
    ):
        assert column[0] == near(value, 10)
    rate = fields.ahz if version == 2 else 100
    assert one.end_seconds()[0] == fields.btime + elapsed // rate
    assert one.elapsed_ns()[0] == elapsed * 10**9 // rate
    assert one.user_ns()[0] == int(one.user_ticks()[0]) * 10**9 // rate


def test_ticks_per_second_that_a_person_gives_count() -> None:
    for name in NAMES:
        rows = np.frombuffer(encode(name, Fields(etime=1024, ahz=100)), LAYOUTS[name].dtype)
        one = RecordBatch(LAYOUTS[name], rows, np.zeros(1, np.int64), ahz=1024)
        assert (one.elapsed_ns()[0], one.end_seconds()[0]) == (10**9, BTIME + 1)


def test_whoever_ended_otherwise_than_with_0_has_failed() -> None:
    statuses = (0, 1 << 8, 255 << 8, 9, 0x8B, 0x80)
    assert batch([record(status=status) for status in statuses]).failed().tolist() == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]
