"""Rows: hostile names, colour, zones with half minutes. That ordinary rows are GNU's is shown in tests/gnu."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given, strategies as st

from acctship.reports.lastcomm import rows, user_text
from tests.builders import BTIME, ORDERS, Order, batch, commands, record, records


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def row(made: bytes, **options: bool) -> bytes:
    return rows(**options)(batch([made]))


def test_row() -> None:
    made = record(comm=b"sleep", flag=0x12, uid=0, tty=0x8803, utime=100, stime=23)

    assert row(made) == b"sleep            S   X root     pts/3      1.23 secs Tue Nov 14 22:13\n"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"x\ny", rb"x?y", ),
        (b"\x1b[31mred", rb"?[31mred"),
        (b"\xff", b"?"),
        (b"gr\xc3\xbcn", b"gr??n"),
    ],
)  # fmt: skip
def test_hostile_name_keeps_its_column_and_is_spelled_at_the_end(name: bytes, shown: bytes) -> None:
    ordinary, hostile = row(record(comm=b"a" * 9)), row(record(comm=name))

    assert hostile[16:].startswith(ordinary[16:-1] + b" ")
    assert hostile[:16] == shown.ljust(16)


def test_spelling_is_one_word_whatever_the_name() -> None:
    assert row(record(comm=b"\n42 1")).endswith(rb" \x0a42\x201" + b"\n")


def test_name_that_ends_in_a_blank_passes_for_no_other() -> None:
    assert row(record(comm=b"sh ")) == row(record(comm=b"sh"))[:-1] + rb" sh\x20" + b"\n"
    assert row(record(comm=b" sh")).endswith(b"22:13\n")


def test_what_follows_a_names_end_is_not_shown() -> None:
    assert row(record(comm=b"sh\0\nroot")) == row(record(comm=b"sh"))
    assert row(record(comm=b"sh\0\nroot"), print_controls=True) == row(record(comm=b"sh"))


@pytest.mark.parametrize("order", ORDERS)
@given(data=st.data())
def test_no_record_makes_a_second_row_or_a_control_character(order: Order, data: st.DataObject) -> None:
    made = data.draw(st.lists(records(order), min_size=1, max_size=8))
    lines = rows(pids=True, paging=True)(batch(made, order)).decode().split("\n")

    assert len(lines) == len(made) + 1
    assert not {unicodedata.category(char) for line in lines for char in line} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.lists(commands(), unique=True))
def test_different_names_give_different_rows(names: list[bytes]) -> None:
    lines = rows(pids=True)(batch([record(comm=name) for name in names])).splitlines()

    assert len(set(lines)) == len(names)


def test_raw_names_are_printed_on_request_only() -> None:
    assert row(record(comm=b"\x1b]0;x\x07"), print_controls=True).startswith(b"\x1b]0;x\x07          ")


def test_failures_signals_and_the_super_user_have_colours() -> None:
    done, failed = record(comm=b"done", flag=2), record(comm=b"failed", status=1 << 8)
    killed = record(comm=b"killed", status=9, flag=0x12)
    plain = rows()(batch([done, failed, killed])).splitlines()
    painted = rows(colour=True)(batch([done, failed, killed])).splitlines()

    assert painted[0] == plain[0].replace(b" S ", b" \x1b[33mS\x1b[0m ")
    assert painted[1] == b"\x1b[31m" + plain[1] + b"\x1b[0m"
    assert painted[2] == b"\x1b[35m" + plain[2].replace(b" S ", b" \x1b[33mS\x1b[0m\x1b[35m ") + b"\x1b[0m"


def test_begin_is_right_in_a_zone_with_half_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "MMT0:44:30")  # Liberia's until 1972
    time.tzset()
    render = rows()

    for second in range(BTIME, BTIME + 120, 7):
        assert time.ctime(second)[:16].encode() in render(batch([record(btime=second)]))


def test_a_user_without_a_name_is_a_number() -> None:
    assert (user_text(0), user_text(4_000_000_000)) == ("root", "4000000000")
