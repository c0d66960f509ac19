"""`acctship lastcomm`: what GNU's lacks, wrong usage, and a terminal. Rows are compared with GNU's in tests/gnu."""

from __future__ import annotations

import gzip
import json
import subprocess
import time
from pathlib import Path

import pytest

from tests.builders import BTIME, record
from tests.cli.command import ACCTSHIP, Done, accounting, acctship, on_terminal
from tests.layouts import NAMES, ordinary
from tests.schema import assert_valid_event

UTC = {"TZ": "UTC"}
DONE = record(pid=1, comm=b"done", btime=BTIME, uid=0)
FAILED = record(pid=2, comm=b"failed", status=1 << 8, btime=BTIME + 60, etime=150.0, ppid=77)
KILLED = record(pid=3, comm=b"killed", status=9, btime=BTIME + 120, uid=4_000_000_000)


@pytest.fixture
def pacct(tmp_path: Path) -> Path:
    path = tmp_path / "pacct"
    path.write_bytes(DONE + FAILED + KILLED)
    return path


def commands(done: Done) -> list[str]:
    assert done.err == ""
    return [row.split()[0].decode() for row in done.out.splitlines()]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", ["killed", "failed", "done"]),
        ("--forwards", ["done", "failed", "killed"]),
        ("--failed", ["killed", "failed"]),
        ("--signal any", ["killed"]),
        ("--signal KILL", ["killed"]),
        ("--signal sigkill", ["killed"]),
        ("--signal 9", ["killed"]),
        ("--signal TERM", []),
        ("--signal 127", []),
        ("--uid 0", ["done"]),
        ("--uid 0 --uid 4000000000", ["killed", "done"]),
        ("--ppid 77", ["failed"]),
        ("--min-duration 1.5s", ["failed"]),
        ("--min-duration 1501ms", []),
        ("--since 2023-11-14T22:14:21", ["killed", "failed"]),
        ("--until 2023-11-14T22:14:21", ["done"]),
        ("--since 2023-11-14T23:14:21+01:00 --until 2023-11-14T22:15Z", ["failed"]),
        ("--since 1h", []),
        ("--failed done killed", ["killed"]),
        ("--failed --strict-match --command killed --uid 0", []),
    ],
)
def test_filters(options: str, expected: list[str], pacct: Path) -> None:
    done = acctship("lastcomm", "-f", pacct, *options.split(), environment=UTC)

    assert done.code == 0
    assert commands(done) == expected


def test_age_and_clock_are_of_now_and_today(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    now = int(time.time())
    path.write_bytes(record(comm=b"old", btime=now - 7300) + record(comm=b"new", btime=now - 7100))

    assert commands(acctship("lastcomm", "-f", path, "--since", "2h")) == ["new"]
    zone = {"TZ": f"ZZZ{time.gmtime(now).tm_hour - 12:+d}"}  # where it is about noon
    assert commands(acctship("lastcomm", "-f", path, "--since", "00:00", environment=zone)) == ["new", "old"]
    assert commands(acctship("lastcomm", "-f", path, "--since", "23:59", environment=zone)) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--since yesterday", "'yesterday' is no time: write 2026-01-31"),
        ("--until 2023-13-01", "'2023-13-01' is no time"),
        ("--min-duration 5", "'5' is no span of time"),
        ("--signal FOO", "'FOO' is no signal: write a name as KILL, a number, or any"),
        ("--signal 0", "'0' is no signal"),
        ("--uid root", "not a valid integer"),
        ("--uid -1", "not in the range"),
        ("--json --pid", "leave them out with --json"),
        ("--json -p", "leave them out with --json"),
        ("--follow -f other", "--follow takes one file, by its name"),
    ],
)
def test_wrong_usage(options: str, said: str, pacct: Path) -> None:
    done = acctship("lastcomm", "-f", pacct, *options.split())

    assert (done.code, done.out) == (2, b"")
    assert said in done.err


@pytest.mark.parametrize("options", ["--json", "--json --forwards", "--json --failed", "--json killed done"])
def test_json_gives_the_events_of_decode(options: str, pacct: Path) -> None:
    events = {event["process"]["pid"]: event for event in acctship("decode", "-f", pacct).events}
    rows = acctship("lastcomm", "-f", pacct, "--pid", *options.split()[1:], environment=UTC)
    done = acctship("lastcomm", "-f", pacct, *options.split())

    assert done.code == 0
    assert done.events == [events[int(row.split()[-2])] for row in rows.out.splitlines()]
    assert_valid_event(done.out.splitlines()[0])


def test_json_of_several_files_names_the_segment_of_each(pacct: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(accounting(3))
    files = ("-f", pacct, "-f", other)
    expected = {event["event"]["id"] for event in acctship("decode", *files).events}

    assert {event["event"]["id"] for event in acctship("lastcomm", "--json", *files).events} == expected


def test_pipes_and_compressed_files_begin_with_the_newest_record_too(pacct: Path, tmp_path: Path) -> None:
    compressed = tmp_path / "pacct.gz"
    compressed.write_bytes(gzip.compress(pacct.read_bytes()))
    expected = acctship("lastcomm", "-f", pacct).out

    assert acctship("lastcomm", "-f", "-", stdin=pacct.read_bytes()).out == expected
    assert acctship("lastcomm", "-f", compressed).out == expected


@pytest.mark.parametrize("name", NAMES)
def test_events_are_those_of_decode_in_any_order_and_layout(tmp_path: Path, name: str) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(bytes(640) + b"".join(ordinary(name, 3000)))
    options = ("--json", "-f", path, "--layout", name)
    expected = acctship("decode", "-f", path, "--layout", name).out.splitlines()

    assert len(expected) == 3000
    assert acctship("lastcomm", *options).out.splitlines() == expected[::-1]
    assert acctship("lastcomm", *options, "--forwards").out.splitlines() == expected
    assert acctship("dump", *options, "--reverse").out.splitlines() == expected[::-1]


def test_columns_of_ids_are_absent_where_the_layout_has_none(tmp_path: Path) -> None:
    path = tmp_path / "v1"
    path.write_bytes((bytes([0, 1]) + bytes(32) + b"old" + bytes(25)).ljust(62, b"\0"))
    done = acctship("lastcomm", "-f", path, "--layout", "linux-v1-le", "--pid", environment=UTC)

    assert done.out == b"old                    root     __         0.00 secs Thu Jan  1 00:00\n"


def test_debug_says_how_a_file_was_read_and_leaves_the_rows(pacct: Path) -> None:
    done = acctship("lastcomm", "--debug", "-f", pacct)

    assert done.out == acctship("lastcomm", "-f", pacct).out
    assert done.error.startswith(f"{pacct}: Linux v3, little-endian: byte 1 is 0x03")


def test_version_is_that_of_acctship() -> None:
    assert acctship("lastcomm", "-V").out == acctship("-V").out


def test_plugins_are_not_loaded(pacct: Path) -> None:
    script = "import sys; from acctship.cli import main\ntry: main()\nfinally: print('acctship.plugins' in sys.modules)"
    done = subprocess.run(
        [ACCTSHIP.parent / "python", "-c", script, "lastcomm", "-f", pacct], capture_output=True, check=True
    )

    assert done.stdout.splitlines()[-1] == b"False"


def test_configuration_names_the_file(pacct: Path, tmp_path: Path) -> None:
    config = tmp_path / "acctship.toml"
    config.write_text(f'[source]\npath = "{pacct}"\n')

    assert commands(acctship("lastcomm", "-c", config)) == ["killed", "failed", "done"]


def test_reader_that_goes_ends_it_without_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(accounting(100_000))
    with subprocess.Popen(
        [ACCTSHIP, "lastcomm", "-f", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b"acctship: standard output was closed by its reader: the rest is not written\n"
    assert process.returncode == 1


def test_rows_are_coloured_on_a_terminal_only(pacct: Path) -> None:
    shown = on_terminal("lastcomm", "--no-pager", "-f", pacct)

    assert shown.terminal.count(b"\x1b[31mfailed") == 1
    assert shown.terminal.count(b"\x1b[35mkilled") == 1
    assert b"\x1b[" not in on_terminal("lastcomm", "-f", pacct, environment={"NO_COLOR": "1", "PAGER": "cat"}).terminal
    assert b"\x1b[" not in on_terminal("lastcomm", "-f", pacct, pipe=1).piped


@pytest.mark.parametrize("name", ["ACCTSHIP_PAGER", "PAGER"])
def test_rows_go_through_the_pager_of_the_user_on_a_terminal_only(name: str, pacct: Path) -> None:
    pager = {"PAGER": "false", name: "sed 's/^/| /'"}

    assert on_terminal("lastcomm", "-f", pacct, environment=pager).terminal.count(b"| ") == 3
    assert b"| " not in on_terminal("lastcomm", "--no-pager", "-f", pacct, environment=pager).terminal
    assert b"| " not in on_terminal("lastcomm", "-f", pacct, pipe=1, environment=pager).piped


@pytest.mark.parametrize("pager", ["", "cat"])
def test_no_pager_where_the_user_wants_none(pager: str, pacct: Path) -> None:
    shown = on_terminal("lastcomm", "-f", pacct, environment={"ACCTSHIP_PAGER": pager, "PAGER": "false"})

    assert (shown.code, shown.terminal.count(b"\n")) == (0, 3)


def test_pager_learns_how_to_show_colour(pacct: Path) -> None:
    shown = on_terminal("lastcomm", "-f", pacct, environment={"PAGER": "sh -c 'cat; echo [$LESS]'"})

    assert b"[FRX]" in shown.terminal
    assert (
        b"[S]"
        in on_terminal(
            "lastcomm", "-f", pacct, environment={"PAGER": "sh -c 'cat; echo [$LESS]'", "LESS": "S"}
        ).terminal
    )


def test_leaving_the_pager_early_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(accounting(100_000))
    shown = on_terminal("lastcomm", "-f", path, environment={"PAGER": "head -1", "NO_COLOR": ""})

    assert (shown.code, shown.terminal.count(b"\n")) == (0, 1)


def test_pager_that_is_missing_is_said_and_done_without(pacct: Path) -> None:
    shown = on_terminal("lastcomm", "-f", pacct, environment={"PAGER": "/nonexistent/pager"})

    assert shown.code == 0
    assert b"pager /nonexistent/pager: No such file or directory: printing without it" in shown.terminal
    assert shown.terminal.count(b"\n") == 4


def test_pager_has_the_terminal_to_itself(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(accounting(100_000))
    assert on_terminal("lastcomm", "-f", path, environment={"PAGER": "sh -c 'cat > /dev/null'"}).terminal == b""
    assert b"100%" in on_terminal("lastcomm", "-f", path, pipe=1).terminal


def test_raw_names_are_refused_on_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(record(comm=b"\x1b]0;owned\x07"))
    shown = on_terminal("lastcomm", "--print-controls", "-f", path)

    assert shown.code == 2
    assert b"\x1b]0;" not in shown.terminal
    assert b"\x1b]0;" in on_terminal("lastcomm", "--print-controls", "-f", path, pipe=1).piped
    plain = on_terminal("lastcomm", "--no-pager", "-f", path, environment={"NO_COLOR": ""})
    assert b"\x1b" not in plain.terminal
    assert rb"\x1b]0;owned\x07" in plain.terminal


def test_json_is_coloured_on_a_terminal(pacct: Path) -> None:
    shown = on_terminal("lastcomm", "--json", "--no-pager", "-f", pacct)

    assert b'\x1b[36m"@timestamp"\x1b[0m' in shown.terminal
    assert json.loads(acctship("lastcomm", "--json", "-f", pacct, "done").out)["process"]["name"] == "done"
