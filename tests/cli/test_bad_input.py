"""Accounting files that are wrong: one line that says what to do, the right exit code, and nothing lost."""

from __future__ import annotations

import gzip
import os
import subprocess
from pathlib import Path

import pytest

from tests.builders import record
from tests.cli.command import ACCTSHIP, accounting, acctship, heed_permissions
from tests.layouts import Fields, encode

READERS = [("decode",), ("run", "--once"), ("check",)]
"""Commands that read accounting files."""


@pytest.fixture
def pacct(tmp_path: Path) -> Path:
    path = tmp_path / "pacct"
    path.write_bytes(accounting(3))
    return path


def last_line(text: str) -> str:
    return text.splitlines()[-1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty, no record in it: is accounting on"),
        (b"hello, world\n" * 20, "it looks like text, starting with 'hello, world"),
        (bytes(640), "all of its 640 bytes are zero"),
        (b"\x7fELF" + bytes(range(200)), "it looks like an ELF program"),
        (b"\x1f\x8b\x08" + bytes(range(200)), "empty, no record in it: the gzip stream is damaged"),
        (b"\x03\x03\x00", "only 3 bytes: shorter than one record"),
        (b"\x00\x03\x50\x00" + bytes(124), "it starts with the bytes 00 03 50 00"),
        (b"\x00\x02" + bytes(126), "it starts with the bytes 00 02 00 00"),
    ],
)
@pytest.mark.parametrize("command", READERS)
def test_file_that_is_no_accounting_file(command: tuple[str, ...], content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    done = acctship(*command, "-f", path)
    assert done.code == 1
    lines = [line for line in done.err.splitlines() if not line.startswith("acctship: outputs.")]
    assert len(lines) == 1
    assert lines[0].startswith(f"acctship: {path}: ")
    assert said in lines[0]
    if command != ("check",):
        assert done.out == b""


@pytest.mark.parametrize("command", READERS)
def test_file_that_is_missing_or_a_folder(command: tuple[str, ...], tmp_path: Path) -> None:
    for path, said in ((tmp_path / "missing", "no such file"), (tmp_path, "is a folder: name the accounting file")):
        done = acctship(*command, "-f", path)
        assert done.code == 1
        assert done.err.startswith(f"acctship: {path}: {said}")


@pytest.mark.parametrize("command", READERS)
def test_file_that_may_not_be_read(command: tuple[str, ...], pacct: Path) -> None:
    pacct.chmod(0)
    done = acctship(*command, "-f", pacct, before=heed_permissions)
    assert done.code == 1
    assert done.err.startswith(f"acctship: {pacct}: permission denied: read it as root, or as a member of its group")


def test_name_that_is_hostile_is_escaped(tmp_path: Path) -> None:
    done = acctship("decode", "-f", tmp_path / "a\x1b[31mb\nc")
    assert done.code == 1
    assert "a\\x1b[31mb\\x0ac: no such file" in done.error


def test_name_that_is_no_utf8(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff")
    assert "\\xff: no such file" in acctship("decode", "-f", path).error
    Path(path).write_bytes(accounting(1))
    (event,) = acctship("decode", "-f", path).events
    assert event["log"]["file"]["path"].endswith("/\\xff")


@pytest.mark.parametrize("command", [("decode",), ("run", "--once")])
def test_torn_tail_is_skipped_and_said(command: tuple[str, ...], pacct: Path) -> None:
    pacct.write_bytes(accounting(3) + record()[:40])
    done = acctship(*command, "-f", pacct)
    assert (done.code, len(done.events)) == (4, 3)
    assert done.err.startswith(f"acctship: {pacct}: offset 192: 40 bytes skipped: ")


@pytest.mark.parametrize("command", [("decode",), ("run", "--once")])
def test_each_hole_is_one_line_and_all_records_are_there(command: tuple[str, ...], pacct: Path) -> None:
    pacct.write_bytes(accounting(100) + b"\xee" * 64 + accounting(5) + bytes(1000) + accounting(2))
    done = acctship(*command, "-f", pacct)
    assert (done.code, len(done.events)) == (4, 107)
    assert done.err.splitlines()[:2] == [
        f"acctship: {pacct}: offset 6400: 64 bytes skipped: no record of Linux v3, little-endian",
        f"acctship: {pacct}: offset 6784: 1000 bytes skipped: all of them are zero",
    ]


@pytest.mark.parametrize("command", [("decode",), ("run", "--once")])
def test_compressed_file_that_ends_early_is_said(command: tuple[str, ...], pacct: Path) -> None:
    pacct.write_bytes(gzip.compress(accounting(3))[:-4])
    done = acctship(*command, "-f", pacct)
    assert (done.code, len(done.events)) == (4, 3)
    assert done.err.startswith(f"acctship: {pacct}: offset 192: the gzip stream ends early: ")


@pytest.mark.parametrize("command", READERS)
def test_layout_that_does_not_tell_its_byte_order_can_be_given(command: tuple[str, ...], pacct: Path) -> None:
    pacct.write_bytes(encode("linux-v0-be", Fields(gid=1000)) * 3)
    for name, ids in (("linux-v0-be", {"1000"}), ("linux-v0-le", {"59395"})):
        done = acctship(*command, "-f", pacct, "--layout", name)
        if command == ("check",):
            assert "--layout says so" in done.out.decode()
        else:
            assert {event["acct"]["layout"] for event in done.events} == {name}
            assert {event["group"]["id"] for event in done.events} == ids


@pytest.mark.parametrize("command", [("decode",), ("run", "--once")])
def test_of_several_files_one_is_bad_and_the_others_are_read(command: tuple[str, ...], pacct: Path) -> None:
    text = pacct.with_name("text")
    text.write_text("no accounting file\n" * 9)
    other = pacct.with_name("pacct.1")
    other.write_bytes(accounting(2))
    done = acctship(*command, "-f", pacct, "-f", text, "-f", pacct.with_name("missing"), "-f", other)
    assert (done.code, len(done.events)) == (1, 5)
    assert [
        line for line in done.err.splitlines() if f"{text}: " in line or "missing: " in line
    ] == done.err.splitlines()[:2]


def test_failure_outranks_skipped_bytes(pacct: Path) -> None:
    pacct.write_bytes(accounting(1) + b"\0")
    done = acctship("decode", "-f", pacct, "-f", pacct.with_name("missing"))
    assert (done.code, len(done.events)) == (1, 1)


@pytest.mark.parametrize("command", READERS)
def test_no_accounting_file_on_this_system(command: tuple[str, ...]) -> None:
    if any(map(os.path.exists, ("/var/log/account/pacct", "/var/account/pacct"))):
        path = "-"  # there is one here: read an empty standard input instead
        assert "empty, no record in it" in acctship(*command, "-f", path).err
        return
    done = acctship(*command)
    assert done.code == 1
    assert "switch accounting on (acctship accounting on), or name a file with -f" in last_line(done.err)


@pytest.mark.parametrize("command", [("decode",), ("run", "--once")])
def test_reader_that_goes_away_is_one_line(command: tuple[str, ...], pacct: Path) -> None:
    pacct.write_bytes(accounting(20_000))
    done = subprocess.run(
        ["bash", "-c", f'"{ACCTSHIP}" {" ".join(command)} -f "{pacct}" | head -1; exit ${{PIPESTATUS[0]}}'],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, len(done.stdout.splitlines())) == (1, 1)
    assert "closed by its reader" in last_line(done.stderr)
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == (1 if command == ("decode",) else 2)


@pytest.mark.parametrize(
    "command", [("decode",), ("check",), ("outputs", "list"), ("schema",), ("outputs", "show", "jsonl")]
)
def test_full_disk_on_standard_output_is_one_line(command: tuple[str, ...], pacct: Path) -> None:
    file = ("-f", pacct) if command[0] in ("decode", "check") else ()
    with Path("/dev/full").open("wb") as full:
        done = acctship(*command, *file, stdout=full.fileno())
    assert done.code == 1
    assert "No space left on device" in done.error


def test_full_disk_ends_a_run_with_1_and_counts_what_is_not_delivered(pacct: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = acctship("run", "--once", "-f", pacct, stdout=full.fileno())
    assert done.code == 1
    assert "0 events delivered" in last_line(done.err)
    assert "3 NOT DELIVERED: standard output: No space left on device" in last_line(done.err)


@pytest.mark.parametrize("command", [("decode",), ("run", "--once"), ("schema",), ("outputs", "list")])
def test_closed_standard_output_is_one_line(command: tuple[str, ...], pacct: Path) -> None:
    file = ("-f", pacct) if command[0] in ("decode", "run") else ()
    done = acctship(*command, *file, before=lambda: os.close(1))
    assert done.code == 1
    assert "standard output" in done.error


def test_closed_standard_input_is_one_line() -> None:
    done = acctship("decode", "-f", "-", before=lambda: os.close(0))
    assert done.code == 1
    assert done.error.startswith("standard input: ")


def test_closed_standard_error_changes_nothing_else(pacct: Path) -> None:
    done = acctship("run", "--once", "-f", pacct, before=lambda: os.close(2))
    assert (done.code, len(done.events)) == (0, 3)


def test_closed_standard_descriptors_are_not_taken_by_files(pacct: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[outputs.copy]\ntype = "jsonl"\npath = "{tmp_path}/events.jsonl"\n')

    def close_all() -> None:
        for descriptor in (0, 1, 2):
            os.close(descriptor)

    pacct.write_bytes(accounting(3) + b"torn")  # something is said: it must not be said into the file
    done = acctship("run", "--once", "-c", config, "-f", pacct, before=close_all)
    assert done.code == 4
    assert [line[:14] for line in (tmp_path / "events.jsonl").read_bytes().splitlines()] == [b'{"@timestamp":'] * 3
