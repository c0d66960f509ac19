"""The layout of a record, against the table of acct(5), and what counts as a plausible record."""

from __future__ import annotations

import math

import numpy as np
import pytest

from acctship.records import LAYOUTS
from acctship.records.plausible import convincing, plausible
from tests.builders import ORDERS, Order, layout, random_records, record
from tests.layouts import NAMES, comp2_t, ordinary, size_of

# offset, kind and bytes of each field, as in struct acct_v3
TABLE = {
    "flag": (0, "u", 1),
    "version": (1, "u", 1),
    "tty": (2, "u", 2),
    "exitcode": (4, "u", 4),
    "uid": (8, "u", 4),
    "gid": (12, "u", 4),
    "pid": (16, "u", 4),
    "ppid": (20, "u", 4),
    "btime": (24, "u", 4),
    "etime": (28, "f", 4),
    "utime": (32, "u", 2),
    "stime": (34, "u", 2),
    "mem": (36, "u", 2),
    "io": (38, "u", 2),
    "rw": (40, "u", 2),
    "minflt": (42, "u", 2),
    "majflt": (44, "u", 2),
    "swaps": (46, "u", 2),
    "comm": (48, "S", 16),
}
YEARS_136 = 2.0**32 * 100


def seem_plausible(data: bytes, order: Order) -> list[bool]:
    rows = np.frombuffer(data, layout(order).dtype)
    good: list[bool] = plausible(layout(order), rows).tolist()
    return good


@pytest.mark.parametrize("order", ORDERS)
def test_every_field_lies_where_the_kernel_puts_it(order: Order) -> None:
    dtype = layout(order).dtype
    assert dtype.fields is not None
    seen = {name: (at, kind.kind, kind.itemsize) for name, (kind, at, *_) in dtype.fields.items()}
    assert seen == TABLE
    assert layout(order).size == 64


def test_layouts_are_found_by_their_own_names() -> None:
    assert [one.name for one in LAYOUTS.values()] == list(LAYOUTS)
    assert list(LAYOUTS) == NAMES
    assert [one.version for one in LAYOUTS.values()] == [3, 3, 2, 2, 1, 1, 0, 0]
    assert [one.size for one in LAYOUTS.values()] == [size_of(name) for name in NAMES]


@pytest.mark.parametrize("order", ORDERS)
def test_what_a_kernel_writes_is_plausible(order: Order) -> None:
    assert seem_plausible(b"".join(random_records(500, order)), order) == [True] * 500


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("version", [0, 1, 2, 4, 0x80, 0x82, 0xFF])
def test_another_version_is_not_plausible(order: Order, version: int) -> None:
    assert seem_plausible(record(order=order, version=version), order) == [False]


@pytest.mark.parametrize("order", ORDERS)
def test_the_other_byte_order_is_not_plausible(order: Order) -> None:
    other: Order = ">" if order == "<" else "<"
    assert seem_plausible(record(order=other), order) == [False]


@pytest.mark.parametrize(("flag", "good"), [(0x1F, True), (0x3F, True), (0x40, False), (0x80, False), (0xFF, False)])
def test_flag_bits_without_a_name_are_not_plausible(flag: int, good: bool) -> None:
    for order in ORDERS:
        assert seem_plausible(record(order=order, flag=flag), order) == [good]


@pytest.mark.parametrize(
    ("comm", "good"),
    [
        (b"fifteen--bytes!", True),
        (b"a\0b\xff", False),
        (b"a\0\0\0\0\0\0\0b", False),
        (b"seven77\0", True),
        (b"eight888\0", True),
        (b"eight888\0b", False),
        (b"sixteen--bytes!!", False),
        (b"\xff" * 16, False),
    ],
)
def test_a_name_ends_in_nul(comm: bytes, good: bool) -> None:
    for order in ORDERS:
        assert seem_plausible(record(order=order, comm=comm), order) == [good]


@pytest.mark.parametrize(
    ("etime", "good"),
    [
        (0.0, True),
        (-0.0, False),  # no kernel writes it
        (0.5, True),
        (YEARS_136, True),
        (float(np.nextafter(np.float32(YEARS_136), np.float32(math.inf))), False),
        (-1.0, False),
        (float(np.nextafter(np.float32(0), np.float32(-1))), False),
        (math.inf, False),
        (-math.inf, False),
        (math.nan, False),
        (-math.nan, False),
    ],
)
def test_an_elapsed_time_is_a_number_of_at_most_136_years(etime: float, good: bool) -> None:
    for order in ORDERS:
        assert seem_plausible(record(order=order, etime=etime), order) == [good]


@pytest.mark.parametrize("order", ORDERS)
def test_each_row_is_told_apart_from_its_neighbours(order: Order) -> None:
    good, bad = record(order=order), record(order=order, etime=math.nan)
    assert seem_plausible(good + bad + good + good + bytes(64), order) == [True, False, True, True, False]


@pytest.mark.parametrize("name", NAMES)
def test_what_kernels_of_every_version_write_is_plausible_and_convincing(name: str) -> None:
    rows = np.frombuffer(b"".join(ordinary(name, 500)), LAYOUTS[name].dtype)
    assert plausible(LAYOUTS[name], rows).all()
    assert convincing(LAYOUTS[name], rows).all()


def spoilt(name: str, **values: object) -> tuple[bool, bool]:
    """Whether a record with these fields changed is plausible, and convincing."""
    rows = np.frombuffer(bytearray(ordinary(name, 1)[0]), LAYOUTS[name].dtype)  # a copy would lose the padding
    for field, value in values.items():
        rows[field] = value
    return bool(plausible(LAYOUTS[name], rows)[0]), bool(convincing(LAYOUTS[name], rows)[0])


@pytest.mark.parametrize("name", NAMES)
def test_what_no_kernel_writes_is_not_plausible(name: str) -> None:
    version = LAYOUTS[name].version
    assert spoilt(name) == (True, True)
    assert spoilt(name, flag=0x40) == (False, False)
    assert spoilt(name, version=9) == (False, False)
    assert spoilt(name, comm=b"a\0\0b") == (False, False)
    if version in (1, 2):
        assert spoilt(name, etime_hi=0xA0) == (False, False)
    if version == 2:
        assert spoilt(name, ahz=49) == spoilt(name, ahz=2001) == (False, False)
        assert spoilt(name, ahz=50) == spoilt(name, ahz=1024) == spoilt(name, ahz=2000) == (True, True)
    if version == 0:
        raw = bytearray(ordinary(name, 1)[0])
        for at in (30, 31, 53, 63):
            raw[at] = 1
            assert not plausible(LAYOUTS[name], np.frombuffer(bytes(raw), LAYOUTS[name].dtype))[0]
            raw[at] = 0
        assert not plausible(LAYOUTS[name], np.zeros(1, LAYOUTS[name].dtype))[0]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("status", "good"),
    [(0, True), (255 << 8, True), (9, True), (0x8B, True), (64, True), (65, False), (0x10009, False), (0x109, False),
     (2**32 - 4, True)],
)  # fmt: skip
def test_a_wait_status_that_is_none_does_not_convince(name: str, status: int, good: bool) -> None:
    assert spoilt(name, exitcode=status) == (good or LAYOUTS[name].version > 0, good)


def test_process_ids_beyond_the_kernels_limit_do_not_convince() -> None:
    for name in NAMES[:2]:
        assert spoilt(name, pid=2**22, ppid=2**22) == (True, True)
        for ids in ({"pid": 0}, {"pid": 2**22 + 1}, {"ppid": 2**22 + 1}):
            assert spoilt(name, **ids) == (True, False)


def test_ids_and_times_that_disagree_do_not_convince() -> None:
    for name in NAMES[2:6]:
        assert spoilt(name, uid=70_000, uid16=70_000 & 0xFFFF) == (True, True)
        assert spoilt(name, uid=70_000, uid16=65534) == (True, True)
        assert spoilt(name, uid=5, uid16=65534) == spoilt(name, gid=5, gid16=6) == (True, False)
        assert spoilt(name, etime_lo=2000, etime=1000) == (True, False)
        high, low = divmod(comp2_t(20_000_000_000), 65536)  # more than a comp_t can say
        assert spoilt(name, etime_hi=high, etime_lo=low, etime=0xFFFF) == (True, True)


def test_a_clock_that_was_not_set_does_not_convince_in_v0_alone() -> None:
    assert [spoilt(name, btime=1000)[1] for name in NAMES] == [True] * 6 + [False] * 2
