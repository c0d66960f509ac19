"""Converted records, decoded again: whatever both layouts hold is the same."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, strategies as st

from acctship.records import LAYOUTS, RecordBatch
from acctship.records.comp import COMP_T, decode_comp2_t
from acctship.records.plausible import plausible
from acctship.reports.convert import convert, encode_comp2_t, encode_comp_t
from tests import builders
from tests.builders import BTIME, batch, random_records, record

NAMES = list(LAYOUTS)


def decoded(data: bytes, name: str, ahz: int | None = None) -> RecordBatch:
    layout = LAYOUTS[name]
    rows = np.frombuffer(data, layout.dtype)
    assert plausible(layout, rows).all()
    return RecordBatch(layout, rows, np.arange(len(rows), dtype=np.int64) * layout.size, ahz)


def converted(records: RecordBatch, name: str, ahz: int | None = None) -> RecordBatch:
    return decoded(convert(records, LAYOUTS[name], ahz), name)


def ordinary(count: int = 500, *, longest: int = 8000) -> RecordBatch:
    """Records that lose nothing in any layout but their process ids: of few ticks."""
    records = batch(random_records(count))
    rows = records.rows.copy()
    rows["etime"] = np.minimum(rows["etime"], longest)
    return RecordBatch(records.layout, rows, records.offsets)


def assert_same(one: RecordBatch, other: RecordBatch) -> None:
    for column in (
        "wait_statuses", "flags", "ttys", "uids", "gids", "begin_seconds", "end_seconds", "elapsed_ns", "user_ns",
        "system_ns", "memory_kib", "minor_faults", "major_faults", "transferred", "blocks", "swaps", "comms",
    ):  # fmt: skip
        assert list(getattr(one, column)()) == list(getattr(other, column)()), column


@pytest.mark.parametrize(("through", "back"), [*itertools.product(NAMES, NAMES[:2])])
def test_what_both_layouts_hold_comes_through(through: str, back: str) -> None:
    records = ordinary()
    there = converted(records, through)
    assert_same(there, records)
    assert_same(converted(there, back), records)


@pytest.mark.parametrize(("one", "other"), [("linux-v3-le", "linux-v3-be"), ("linux-v2-be", "linux-v2-le")])
def test_other_byte_order_and_back_is_the_same_bytes(one: str, other: str) -> None:
    data = convert(ordinary(), LAYOUTS[one])
    swapped = converted(decoded(data, one), other)
    assert swapped.rows.tobytes() != data
    assert convert(swapped, LAYOUTS[one]) == data


def test_process_ids_stay_in_v3() -> None:
    records = ordinary(3)
    swapped = converted(records, "linux-v3-be")
    assert swapped.pids() is not None
    assert list(swapped.pids()) == list(records.pids())  # type: ignore[arg-type]  # v3 has them
    assert list(swapped.parent_pids()) == list(records.parent_pids())  # type: ignore[arg-type]


def test_own_layout_is_copied_to_the_byte() -> None:
    rubbish = record(comm=b"a\0bc", version=0x03)
    assert convert(batch([rubbish]), LAYOUTS["linux-v3-le"]) == rubbish


@pytest.mark.parametrize("order", ["le", "be"])
def test_v0_has_no_mark_and_zero_padding(order: str) -> None:
    data = convert(batch([record(comm=b"x")]), LAYOUTS[f"linux-v0-{order}"])
    assert (data[1], data[30:32], data[53:64]) == (0, bytes(2), bytes(11))


def test_ids_that_do_not_fit_are_nobodys() -> None:
    records = batch([record(uid=65535, gid=65536), record(uid=2**32 - 1, gid=0)])
    old = converted(records, "linux-v0-le")
    assert (list(old.uids()), list(old.gids())) == ([65535, 65534], [65534, 0])
    for name in ("linux-v1-be", "linux-v2-le"):
        assert list(converted(records, name).uids()) == [65535, 2**32 - 1]


@pytest.mark.parametrize(("name", "at"), [("linux-v1-le", 2), ("linux-v2-le", 2)])
def test_short_ids_are_there_for_old_programs(name: str, at: int) -> None:
    data = convert(batch([record(uid=1000, gid=0x12345)]), LAYOUTS[name])
    assert data[at : at + 4] == b"\xe8\x03\x45\x23"


def test_name_of_v2_that_is_too_long_for_v3_ends_in_nul() -> None:
    records = converted(batch([record()]), "linux-v2-le")
    rows = records.rows.copy()
    rows["comm"] = b"abcdefghijklmnop"
    assert converted(RecordBatch(records.layout, rows, records.offsets), "linux-v3-le").comms() == [b"abcdefghijklmno"]


@pytest.mark.parametrize("ahz", [64, 1000, 1024])
@pytest.mark.parametrize("name", ["linux-v2-le", "linux-v0-le"])
def test_times_are_the_same_in_other_ticks(name: str, ahz: int) -> None:
    records = ordinary(longest=700)
    data = convert(records, LAYOUTS[name], ahz)
    other = decoded(data, name, ahz if "v0" in name else None)
    tick = 10**9 // ahz
    for cpu, was in ((other.user_ns(), records.user_ns()), (other.system_ns(), records.system_ns())):
        near = np.abs(cpu - was) <= tick // 2 + was // 2**11  # comp_t keeps at least 10 bits
        assert near[was < COMP_T.max() * tick].all()  # what is longer cannot be said in these ticks
    shorter = records.elapsed_ns() - other.elapsed_ns()
    assert ((shorter >= 0) & (shorter <= tick)).all()
    assert list(other.end_seconds()) == list(records.end_seconds())


def test_v2_keeps_its_ticks_unless_told_otherwise() -> None:
    alpha = converted(ordinary(5), "linux-v2-le", 1024)
    assert list(alpha.rows["ahz"]) == [1024] * 5
    assert list(converted(alpha, "linux-v2-be").rows["ahz"]) == [1024] * 5
    assert convert(alpha, alpha.layout) == alpha.rows.tobytes()
    assert list(converted(alpha, "linux-v2-le", 100).rows["ahz"]) == [100] * 5


@given(st.integers(0, 2**24), st.integers(50, 2000), st.sampled_from([name for name in NAMES if "v0" not in name]))
def test_second_of_the_end_stays(ticks: int, ahz: int, name: str) -> None:
    rows = np.zeros(1, LAYOUTS["linux-v2-le"].dtype)
    bits = int(encode_comp2_t(np.array([ticks]))[0])
    rows["version"], rows["btime"], rows["ahz"], rows["etime_hi"], rows["etime_lo"] = (
        2,
        BTIME,
        ahz,
        bits >> 16,
        bits & 0xFFFF,
    )
    records = RecordBatch(LAYOUTS["linux-v2-le"], rows, np.zeros(1, np.int64))
    end = int(records.end_seconds()[0])
    if int(records.elapsed_ticks()[0]) * 100 // ahz < 2**19:  # above, no integer layout is exact
        assert int(converted(records, name).end_seconds()[0]) == end


def test_comp_t_is_the_kernels() -> None:
    rng = random.Random("comp_t")
    values = [*range(20_000), *(int(rng.paretovariate(0.1)) % 2**36 for _ in range(5000))]
    assert encode_comp_t(np.array(values)).tolist() == list(map(builders.comp_t, values))


def test_every_comp_t_keeps_its_value() -> None:
    assert (COMP_T[encode_comp_t(COMP_T)] == COMP_T).all()


@given(st.integers(0, 2**50 - 2**29))
def test_comp2_t_is_nearly_its_value_and_that_stays(value: int) -> None:
    bits = encode_comp2_t(np.array([value]))
    (near,) = decode_comp2_t((bits >> 16).astype(np.uint8), (bits & 0xFFFF).astype(np.uint16)).tolist()
    assert abs(near - value) <= value >> 20
    assert encode_comp2_t(np.array([near])).tolist() == bits.tolist()
