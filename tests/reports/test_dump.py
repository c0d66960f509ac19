"""Rows of `dump`: each column by hand, then whole rows of any record against a slow and simple way to write them."""

from __future__ import annotations

import random
import time
import unicodedata
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, strategies as st

from acctship.events.escape import escape, unescape
from acctship.records import LAYOUTS, RecordBatch
from acctship.reports.dump import dump_rows
from tests import builders
from tests.builders import BTIME, batch, record
from tests.reports.zone import zone

COLUMNS = 15


@pytest.fixture(autouse=True)
def utc() -> Iterator[None]:
    with zone("UTC"):
        yield


def column(at: int, *records: bytes) -> list[str]:
    return [line.split("|")[at] for line in dump_rows(batch(records)).decode().splitlines()]


def plain_row(records: RecordBatch, at: int) -> str:
    """A row, a field after another."""
    status, flags, tty = (int(values[at]) for values in (records.wait_statuses(), records.flags(), records.ttys()))
    name = escape(records.comms()[at].partition(b"\0")[0]).replace("|", r"\x7c")
    pids = [0 if ids is None else int(ids[at]) for ids in (records.pids(), records.parent_pids())]
    return "|".join(
        [
            name + " " * (16 - len(name.encode())),
            f"v{records.layout.version}",
            f"{records.user_ticks()[at]:9.2f}",
            f"{records.system_ticks()[at]:9.2f}",
            f"{records.elapsed_ticks()[at]:9.2f}",
            f"{records.uids()[at]:6d}",
            f"{records.gids()[at]:6d}",
            f"{records.memory_kib()[at]:9.2f}",
            f"{records.transferred()[at]:9.2f}",
            f"{pids[0]:8d}",
            f"{pids[1]:8d}",
            "".join(
                letter if flags & bit else " " for bit, letter in ((2, "S"), (1, "F"), (4, "C"), (8, "D"), (16, "X"))
            ),
            f"{128 + (status & 0x7F) if status & 0x7F else status >> 8:8d}",
            f"{_terminal(tty):8}",
            time.ctime(int(records.begin_seconds()[at])),
        ]
    )


def _terminal(tty: int) -> str:
    if 0x8800 <= tty < 0x9000:
        return f"pts/{tty - 0x8800}"
    return {0: "__", 0x0440: "ttyS0", 0x0501: "console"}.get(tty, f"[{tty >> 8},{tty & 255}]")


def test_columns_are_those_of_dump_acct() -> None:
    assert dump_rows(batch([record(flag=3, tty=0x8802, status=3 << 8, utime=1, stime=2, etime=300, mem=4, io=5)])) == (
        b"true            |v3|     1.00|     2.00|   300.00|  1000|  1000|     4.00|     5.00|    4242|       1|"
        b"SF   |       3|pts/2   |Tue Nov 14 22:13:20 2023\n"
    )


@pytest.mark.parametrize(
    ("status", "code"),
    [(0, "0"), (1 << 8, "1"), (255 << 8, "255"), (9, "137"), (15, "143"), (0x80 | 11, "139"), (64, "192")],
)
def test_exit_code_of_a_signal_is_what_a_shell_gives(status: int, code: str) -> None:
    assert column(12, record(status=status)) == [code.rjust(8)]


@pytest.mark.parametrize(
    ("tty", "name"),
    [
        (0, "__      "),
        (0x8800, "pts/0   "),
        (0x8FFF, "pts/2047"),
        (0x0440, "ttyS0   "),
        (0xCC40 + 100, "ttyAMA100"),
        (0xFFFF, "[255,255]"),
    ],
)
def test_terminal_is_whole(tty: int, name: str) -> None:
    assert column(13, record(tty=tty)) == [name]


@pytest.mark.parametrize("name", builders.HOSTILE_COMMANDS)
def test_name_forges_neither_row_nor_column(name: bytes) -> None:
    (line,) = dump_rows(batch([record(comm=name)])).decode().splitlines()
    assert not [char for char in line if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    fields = line.split("|")
    assert len(fields) == COLUMNS
    assert unescape(fields[0])[: len(name)] == name
    assert len(fields[0].encode()) >= 16


def test_bar_in_a_name_is_escaped() -> None:
    assert column(0, record(comm=b"a|v3|")) == [r"a\x7cv3\x7c".ljust(16)]


def test_name_ends_at_its_first_nul_and_is_padded_by_bytes() -> None:
    names = column(0, record(comm=b"a\0bc"), record(comm="größe".encode()))
    assert names == ["a".ljust(16), "größe" + " " * 9]


def test_wide_value_moves_its_own_row_only() -> None:
    narrow = record()
    wide = record(uid=2**32 - 1, mem=0xFFFF, comm=b"\x1b\x1b\x1b\x1b\x1b")
    first, second, third = dump_rows(batch([narrow, wide, narrow])).splitlines(keepends=True)
    assert first == third == dump_rows(batch([narrow]))
    assert second.startswith(b"\\x1b\\x1b\\x1b\\x1b\\x1b|v3|     0.00|")
    assert b"|4294967295|  1000|17177772032.00|" in second


def test_numbers_of_every_length_are_whole() -> None:
    numbers = [0, *(10**digits + around for digits in range(1, 10) for around in (-1, 0, 1)), 2**32 - 1]
    for number in numbers:
        assert column(9, record(pid=number)) == [f"{number:8}"]
    assert column(9, *(record(pid=number) for number in numbers)) == [f"{number:8}" for number in numbers]


@pytest.mark.parametrize("name", ["UTC", "NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01", "<+0545>-5:45"])
def test_begin_is_in_the_zone_of_tz(name: str) -> None:
    rng = random.Random(name)
    changes = [1_710_000_000 + 60 * rng.randrange(30 * 1440) for _ in range(100)]  # around a change of clocks, too
    seconds = [*changes, *(rng.randrange(2 * 365 * 86400, 2**32) for _ in range(300)), 2**32 - 1]
    seconds += [1_710_041_459, 1_710_041_460]  # St. John's goes from 00:00:59 to 01:01
    with zone(name):
        assert column(14, *(record(btime=second) for second in seconds)) == list(map(time.ctime, seconds))


@given(st.data())
def test_any_row_is_its_fields_one_after_another(data: st.DataObject) -> None:
    order = data.draw(st.sampled_from(builders.ORDERS))
    kept = [0, 0x0440, 0x0501, *range(0x8800, 0x9000), *range(0x9000, 0xA000)]
    records = batch(data.draw(st.lists(builders.records(order), min_size=1, max_size=5)), order)
    rows = records.rows.copy()
    rows["tty"] = data.draw(st.sampled_from(kept))
    records = RecordBatch(records.layout, rows, records.offsets)
    assert dump_rows(records).decode().splitlines() == [plain_row(records, at) for at in range(len(records))]


@pytest.mark.parametrize("name", [name for name in LAYOUTS if "v3" not in name])
def test_layout_without_process_ids_shows_0(name: str) -> None:
    rows = np.zeros(2, LAYOUTS[name].dtype)
    rows["comm"], rows["btime"], rows["uid"] = b"old", BTIME, 7
    old = RecordBatch(LAYOUTS[name], rows, np.arange(2, dtype=np.int64) * LAYOUTS[name].size)
    first, second = dump_rows(old).decode().splitlines()
    assert first == second == plain_row(old, 0)
    assert first.split("|")[9:11] == ["       0", "       0"]
