"""`acctship summary`: forms, rows, files, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest

from acctship.reports.summary import MOST_ROWS
from tests.builders import HOSTILE_COMMANDS, ORDERS, record
from tests.cli.command import Done, acctship, on_terminal

ESCAPE = b"\x1b["


@pytest.fixture
def pacct(tmp_path: Path) -> Path:
    """Six processes: four of `sh`, of which one failed and one never called exec; two of `ls`."""
    path = tmp_path / "pacct"
    path.write_bytes(
        record(comm=b"sh", uid=0, etime=100.0, utime=30, stime=20, mem=1000, minflt=7)
        + record(comm=b"sh", uid=0, etime=300.0, utime=10, mem=3000, status=9)
        + record(comm=b"ls", uid=33, gid=33, tty=0x8801, etime=1.0)
        + record(comm=b"sh", uid=0, flag=1, etime=7.0)
        + record(comm=b"ls", uid=33, gid=33, tty=0x8801, etime=3.0, status=512)
        + record(comm=b"sh", uid=0, etime=200.0, mem=2000)
    )
    return path


def summary(*arguments: str | Path, **more: Any) -> Done:
    done = acctship("summary", *arguments, **more)
    assert (done.code, done.err) == (0, "")
    return done


def test_rows_in_a_pipe_are_those_of_sa(pacct: Path) -> None:
    assert summary(pacct).out.decode().splitlines() == [
        "       6       0.10re       0.01cp         0avio      1000k",
        "       3       0.10re       0.01cp         0avio      2000k   sh",
        "       2       0.00re       0.00cp         0avio         0k   ls",
        "       1       0.00re       0.00cp         0avio         0k   ***other*",
    ]


def test_json_has_every_figure_with_its_unit(pacct: Path) -> None:
    first, *others = summary("--json", "-f", pacct).events

    assert first == {
        "command": "sh",
        "forked": False,
        "calls": 3,
        "failed": 1,
        "real_seconds": 6.0,
        "user_seconds": 0.4,
        "system_seconds": 0.2,
        "p50_seconds": pytest.approx(2, rel=0.02),
        "p95_seconds": pytest.approx(3, rel=0.02),
        "p99_seconds": pytest.approx(3, rel=0.02),
        "max_seconds": 3.0,
        "mean_memory_bytes": 2000 * 1024,
        "minor_faults": 7,
        "major_faults": 0,
        "swaps": 0,
    }
    assert [(one["command"], one["forked"], one["calls"]) for one in others] == [("ls", False, 2), ("sh", True, 1)]


def test_csv_says_what_json_says(pacct: Path) -> None:
    for by in ((), ("--by", "user")):
        rows = list(csv.DictReader(io.StringIO(summary("--csv", *by, pacct).out.decode())))
        objects = summary("--json", *by, pacct).events
        assert [list(row) for row in rows] == [list(one) for one in objects]
        assert [[json.loads(cell) for cell in list(row.values())[1:]] for row in rows] == [
            list(one.values())[1:] for one in objects
        ]
        assert [next(iter(row.values())) for row in rows] == [next(iter(one.values())) for one in objects]


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        ("command", [("sh", 3), ("ls", 2), ("sh", 1)]),
        ("user", [("root", 4), ("www-data", 2)]),
        ("group", [("1000", 4), ("www-data", 2)]),
        ("tty", [("none", 4), ("pts/1", 2)]),
        ("hour", [("2023-11-14 22:00", 6)]),
        ("host", [("unknown", 6)]),
    ],
)
def test_a_row_stands_for_what_is_asked(by: str, rows: list[tuple[str, int]], pacct: Path) -> None:
    found = summary("--by", by, "--json", pacct, environment={"TZ": "UTC"}).events

    names = {"1000": found[0][by]} if by == "group" else {}  # whatever this machine calls that group
    assert [(one[by], one["calls"]) for one in found] == [(names.get(name, name), calls) for name, calls in rows]


def test_the_hour_is_that_of_the_end_in_local_time(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(record(btime=1_700_000_000, etime=360_000.0))  # ends at 23:13:20 UTC
    for zone, hour in (("UTC", "2023-11-14 23:00"), ("Asia/Kathmandu", "2023-11-15 04:00")):
        (row,) = summary("--by", "hour", "--json", path, environment={"TZ": zone}).events
        assert row["hour"] == hour


def test_a_file_in_the_folder_of_this_machines_own_is_this_machines(pacct: Path) -> None:
    (pacct.parent / "acctship.toml").write_text(f'[source]\npath = "{pacct.parent}/other"\n')
    (row,) = summary("--by", "host", "--json", "-c", pacct.parent / "acctship.toml", pacct).events

    assert row["host"] == socket.gethostname()


def test_our_own_columns_stand_below_headings(pacct: Path) -> None:
    headings, first, *_ = summary("--by", "command", pacct).out.decode().splitlines()

    assert re.split("  +", headings) == [
        *("command", "calls", "failed", "real s", "user s", "system s", "p50 s", "p95 s", "p99 s", "max s")
    ]
    assert first.split() == ["sh", "3", "1", "6.00", "0.40", "0.20", "2.01", "3.00", "3.00", "3.00"]
    assert len(headings) == len(first)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ((), ["b", "a", "c"]),
        (("-n",), ["c", "a", "b"]),
        (("-n", "-r"), ["b", "a", "c"]),
        (("-n", "-k"), ["a", "b", "c"]),
        (("--sort-real-time", "-D"), ["c", "b", "a"]),
        (("-D", "--sort-real-time"), ["a", "c", "b"]),
    ],
)
def test_the_last_sort_option_counts(options: tuple[str, ...], names: list[str], tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(
        record(comm=b"a", utime=2, mem=9, etime=99.0) * 2
        + record(comm=b"b", utime=9, mem=2, io=100)
        + record(comm=b"c", etime=1.0, io=100) * 3
    )

    assert [one["command"] for one in summary("--json", *options, path).events] == names
    rows = summary("-a", *options, path).out.decode().splitlines()[1:]
    assert [row.split()[-1] for row in rows] == names


def test_ties_go_by_calls_and_then_by_name(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(b"".join(record(comm=comm) for comm in (b"b", b"c", b"a", b"z", b"z")))

    assert [one["command"] for one in summary("--json", path).events] == ["z", "a", "b", "c"]
    assert [one["command"] for one in summary("--json", "-r", path).events] == ["a", "b", "c", "z"]


def test_all_files_count_however_they_are_named(pacct: Path) -> None:
    data = pacct.read_bytes()
    two = acctship("summary", "-f", "-", "--other-acct-file", pacct, pacct, stdin=data)

    assert (two.code, two.err) == (0, "")
    assert two.out.startswith(b"      18 ")


def test_both_byte_orders_give_the_same(tmp_path: Path) -> None:
    outputs = []
    for order in ORDERS:
        path = tmp_path / "pacct"
        path.write_bytes(
            b"".join(record(order=order, comm=b"c%d" % (at % 9), etime=float(at), utime=at) for at in range(500))
        )
        outputs.append(summary("--json", path).out)

    assert outputs[0] == outputs[1]
    assert outputs[0].count(b"\n") == 9


def test_names_reach_nothing_raw(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(b"".join(record(comm=comm, utime=1) for comm in HOSTILE_COMMANDS * 2))

    for options in (("-a",), ("-u",), ("--by", "command"), ("--json",), ("--csv",), ("-v", "3")):
        text = summary(*options, path).out.decode()
        assert all(char.isprintable() or char in "\n \xa0" for char in text)
        assert len(text.split("\n")) <= 2 + 2 * len(HOSTILE_COMMANDS)
    cells = [row[0] for row in csv.reader(io.StringIO(summary("--csv", path).out.decode()))]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert r"\x3d1+1" in cells
    shown = on_terminal("summary", path, environment={"NO_COLOR": "1"})
    assert b"\x1b" not in shown.terminal


def test_a_terminal_gets_a_table_with_bars(pacct: Path) -> None:
    shown = on_terminal("summary", pacct, environment={"COLUMNS": "120"})
    assert shown.code == 0
    assert ESCAPE in shown.terminal
    headings, first, *_ = re.sub(r"\x1b\[[0-9;]*m", "", shown.terminal.decode()).splitlines()
    assert headings.split()[:4] == ["command", "CPU", "calls", "failed"]
    assert first.split()[:4] == ["sh", "█" * 10, "100.0%", "3"]
    assert on_terminal("summary", pacct, pipe=1).piped == summary(pacct).out


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"NO_COLOR": ""}, {"TERM": "dumb"}])
def test_the_table_has_no_colour_where_the_user_wants_none(environment: dict[str, str], pacct: Path) -> None:
    shown = on_terminal("summary", "--by", "user", pacct, environment=environment)

    assert b"root" in shown.terminal
    assert ESCAPE not in shown.terminal


def test_the_table_fits_a_narrow_terminal(pacct: Path) -> None:
    shown = on_terminal("summary", pacct, environment={"COLUMNS": "60", "NO_COLOR": "1"})
    lines = shown.terminal.decode().splitlines()

    assert max(map(len, lines)) <= 60
    assert "max s" in lines[0]
    assert "user s" not in lines[0]


def test_options_of_sa_give_its_rows_on_a_terminal_too(pacct: Path) -> None:
    shown = on_terminal("summary", "-l", pacct)

    assert shown.terminal.replace(b"\r\n", b"\n") == summary("-l", pacct).out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-s",), "keeps no summary files"),
        (("--other-savacct-file", "x"), "keeps no summary files"),
        (("--other-usracct-file", "x"), "keeps no summary files"),
        (("-m", "-u"), "--user-summary and --print-users exclude each other"),
        (("--by", "user", "-l"), "leave out --separate-times"),
        (("--json", "-a", "-v", "2"), "leave out --list-all-names, --threshold"),
        (("-v", "0"), "0 is not in the range"),
        (("--by", "moon"), "'moon' is not one of"),
    ],
)
def test_what_cannot_be_is_refused(options: tuple[str, ...], words: str, pacct: Path) -> None:
    before = pacct.read_bytes()
    done = acctship("summary", *options, pacct)

    assert (done.code, done.out) == (2, b"")
    assert words in " ".join(done.err.split())
    assert pacct.read_bytes() == before


def test_a_file_that_is_missing_fails_but_the_others_count(pacct: Path) -> None:
    done = acctship("summary", pacct.parent / "none", pacct)

    assert done.code == 1
    assert "no such file" in done.error
    assert done.out == summary(pacct).out
    for options in ((), ("--json",), ("--csv",), ("--by", "tty"), ("-u",), ("-m",)):
        done = acctship("summary", *options, pacct.parent / "none")
        assert (done.code, done.out) == (1, b"")
        assert "no such file" in done.error


def test_bytes_that_are_skipped_are_said(pacct: Path) -> None:
    whole = pacct.read_bytes()
    pacct.write_bytes(whole + whole[:20])
    done = acctship("summary", pacct)

    assert done.code == 4
    assert "20 bytes skipped" in done.error
    assert done.out.startswith(b"       6 ")


def test_more_names_than_rows_are_said_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(b"".join(record(comm=b"%d" % at) for at in range(MOST_ROWS + 5)))
    done = acctship("summary", "-a", path)

    assert done.code == 0
    assert done.error == f"more than {MOST_ROWS:,} commands: those that came after are counted as ***other"
    assert b"       5       0.00re       0.00cp         0avio         0k   ***other\n" in done.out
    assert "have no percentiles" in acctship("summary", "--json", path).err
