"""The layout of a record, against the table of acct(5), and what counts as a plausible record."""

from __future__ import annotations

import math

import numpy as np
import pytest

from acctship.records import LAYOUTS
from acctship.records.plausible import plausible
from tests.builders import ORDERS, Order, layout, random_records, record

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
    assert {one.version_byte for one in LAYOUTS.values()} == {3, 0x83}


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
    [(b"fifteen--bytes!", True), (b"a\0b\xff", True), (b"sixteen--bytes!!", False), (b"\xff" * 16, False)],
)
def test_a_name_ends_in_nul(comm: bytes, good: bool) -> None:
    for order in ORDERS:
        assert seem_plausible(record(order=order, comm=comm), order) == [good]


@pytest.mark.parametrize(
    ("etime", "good"),
    [
        (0.0, True),
        (-0.0, True),
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
