"""`acctship dump`: which records, in which order, in which form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builders import BTIME, record
from tests.cli.command import Done, accounting, acctship, on_terminal
from tests.paths import PACCT


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Two files of three records each, their process ids 1 to 3 and 4 to 6."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(accounting(3))
    second.write_bytes(b"".join(record(pid=pid, btime=BTIME + pid) for pid in (4, 5, 6)))
    return first, second


def pids(done: Done) -> list[int]:
    assert (done.code, done.err) == (0, "")
    return [int(line.split(b"|")[9]) for line in done.out.splitlines()]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", [1, 2, 3, 4, 5, 6]),
        ("-r", [3, 2, 1, 6, 5, 4]),
        ("-n 2", [1, 2]),
        ("--num 4", [1, 2, 3, 4]),
        ("-r -n 4", [3, 2, 1, 6]),
        ("-n 100", [1, 2, 3, 4, 5, 6]),
        ("--format 2 --byteswap", [1, 2, 3, 4, 5, 6]),
    ],
)
def test_records_and_their_order(options: str, expected: list[int], two: tuple[Path, Path]) -> None:
    assert pids(acctship("dump", *options.split(), *two)) == expected
    assert pids(acctship("dump", *options.split(), "-f", two[0], "-f", two[1])) == expected
    assert pids(acctship("dump", *options.split(), two[1], "-f", two[0])) == expected


def test_file_of_many_batches_is_whole_both_ways(tmp_path: Path) -> None:
    count = 20_000
    path = tmp_path / "pacct"
    path.write_bytes(b"".join(record(pid=pid) for pid in range(count)))
    assert pids(acctship("dump", path)) == list(range(count))
    assert pids(acctship("dump", "-r", path)) == list(range(count))[::-1]
    assert pids(acctship("dump", "-n", "9000", path)) == list(range(9000))
    assert acctship("dump", "--raw", path).out == path.read_bytes()
    backwards = acctship("dump", "--raw", "-r", path).out
    assert [backwards[at : at + 64] for at in range(0, len(backwards), 64)][::-1] == [
        path.read_bytes()[at : at + 64] for at in range(0, count * 64, 64)
    ]


def test_without_a_file_it_is_the_configurations(two: tuple[Path, Path], tmp_path: Path) -> None:
    config = tmp_path / "my.toml"
    config.write_text(f'[source]\npath = "{two[1]}"\n')
    assert pids(acctship("dump", "-c", config)) == [4, 5, 6]


def test_standard_input() -> None:
    data = accounting(3)
    assert pids(acctship("dump", "-", stdin=data)) == [1, 2, 3]
    assert pids(acctship("dump", "-f", "-", "-n", "1", stdin=data)) == [1]


def test_what_goes_wrong_is_said_and_the_rest_is_printed(two: tuple[Path, Path], tmp_path: Path) -> None:
    torn = tmp_path / "torn"
    torn.write_bytes(accounting(2)[:-1])
    done = acctship("dump", tmp_path / "missing", two[1])
    assert (done.code, done.error.split(": ")[1]) == (1, "no such file")
    assert done.out.count(b"\n") == 3
    for options in ([], ["-r"]):
        done = acctship("dump", *options, torn, two[1])
        assert (done.code, done.error) == (4, f"{torn}: offset 64: 63 bytes skipped: the last record is cut short")
        assert done.out.count(b"\n") == 4


def test_raw_converts(two: tuple[Path, Path], tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_bytes(acctship("dump", "--raw", "--format", "1", "--byteswap", *two).out)
    assert (old.read_bytes()[1], len(old.read_bytes())) == (0x81, 6 * 62)
    done = acctship("dump", old, environment={"TZ": "UTC"})
    assert (done.code, done.out.count(b"|v1|")) == (0, 6)
    new = acctship("dump", *two, environment={"TZ": "UTC"}).out
    assert [line.split(b"|")[14] for line in done.out.splitlines()] == [
        line.split(b"|")[14] for line in new.splitlines()
    ]


def test_json_is_what_decode_prints(two: tuple[Path, Path]) -> None:
    options = ("--host-name", "web1", "--source-id", "them", "--numeric")
    decoded = acctship("decode", "-f", two[0], "-f", two[1], *options).out
    assert acctship("dump", "--json", *two, *options).out == decoded
    assert acctship("dump", "--json", PACCT).out == acctship("decode", "-f", PACCT).out


def test_ids_of_events_do_not_depend_on_the_order(two: tuple[Path, Path]) -> None:
    forwards = acctship("dump", "--json", *two).events
    backwards = acctship("dump", "--json", "-r", *two).events
    assert [event["process"]["pid"] for event in backwards] == [3, 2, 1, 6, 5, 4]
    assert sorted(map(json.dumps, backwards)) == sorted(map(json.dumps, forwards))


def test_json_carries_the_signal(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(record(status=9, flag=0x10))
    (event,) = acctship("dump", "--json", path).events
    assert event["acct"]["signal"] == {"number": 9, "name": "SIGKILL"}


def test_ahz_is_that_of_events(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(record(utime=1024))
    (event,) = acctship("dump", "--json", "--ahz", "1024", path).events
    assert event["acct"]["cpu"]["user"] == 10**9
    assert acctship("dump", "--ahz", "1024", path).out.split(b"|")[2] == b"  1024.00"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--raw --json", "choose one"),
        ("--numeric", "without --json"),
        ("--host-name web1", "without --json"),
        ("-n 0", "0 is not in the range"),
        ("-n some", "'some' is not a valid integer"),
        ("--format 4", "4 is not in the range 0<=x<=3"),
        ("--ahz 0", "0 is not in the range"),
    ],
)
def test_wrong_usage(options: str, said: str) -> None:
    done = acctship("dump", *options.split(), PACCT)
    assert (done.code, done.out) == (2, b"")
    assert said in done.err


def test_records_do_not_go_to_a_terminal() -> None:
    screen = on_terminal("dump", "--raw", PACCT)
    assert screen.code == 2
    assert b"not to a terminal" in screen.terminal


def test_rows_and_events_go_to_a_terminal() -> None:
    assert on_terminal("dump", PACCT).terminal.count(b"|v3|") == len(PACCT.read_bytes()) // 64
    assert b'\x1b[36m"acct"\x1b[0m' in on_terminal("dump", "--json", "-n", "1", PACCT).terminal
    assert b"\x1b" not in on_terminal("dump", PACCT).terminal


def test_help_and_version() -> None:
    assert b"--byteswap" in acctship("dump", "-h").out
    assert acctship("dump", "-V").out == acctship("-V").out


def test_no_plugin_is_loaded() -> None:
    done = acctship("dump", PACCT, environment={"PYTHONPROFILEIMPORTTIME": "1"})
    assert done.code == 0
    assert "acctship.reports.dump" in done.err
    for module in ("acctship.outputs.jsonl", "rich", "acctship.events.normalize"):
        assert not any(line.split("|")[-1].strip() == module for line in done.err.splitlines()), module
