"""`acctship lastcomm --follow`: records as they come, truncation, a new file at the path, and an end in good order."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.builders import BTIME, SIZE, record
from tests.cli.command import ACCTSHIP

PATIENCE = 30
"""Seconds after which a test that would hang fails instead."""


class Watch:
    """A running `acctship lastcomm --follow`."""

    def __init__(self, path: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [ACCTSHIP, "lastcomm", "--follow", "-f", path, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # A shell ignores it in what it starts in the background. This process has one thread.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
        assert self.process.stdout is not None
        self.descriptor = self.process.stdout.fileno()
        self._seen = b""

    def line(self) -> str:
        while b"\n" not in self._seen:
            assert select.select([self.descriptor], [], [], PATIENCE)[0], "nothing came"
            data = os.read(self.descriptor, 65536)
            assert data, self.process.communicate()[1]
            self._seen += data
        line, _, self._seen = self._seen.partition(b"\n")
        return line.decode()

    def names(self, count: int) -> list[str]:
        return [self.line().split()[0] for _ in range(count)]

    def end(self) -> tuple[int, str]:
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said.decode()


@pytest.fixture
def watch() -> Iterator[Callable[..., Watch]]:
    watches: list[Watch] = []

    def start(path: Path, *options: str) -> Watch:
        watches.append(Watch(path, *options))
        return watches[-1]

    yield start
    for one in watches:
        one.process.kill()
        one.process.communicate()


def numbered(*numbers: int) -> bytes:
    return b"".join(record(comm=b"n%d" % number, btime=BTIME + number) for number in numbers)


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


@pytest.fixture
def pacct(tmp_path: Path) -> Path:
    path = tmp_path / "pacct"
    path.write_bytes(numbered(*range(12)))
    return path


def test_last_ten_and_then_what_comes(watch: Callable[..., Watch], pacct: Path) -> None:
    shown = watch(pacct)
    assert shown.names(10) == [f"n{number}" for number in range(2, 12)]
    append(pacct, numbered(12, 13))
    assert shown.names(2) == ["n12", "n13"]
    append(pacct, numbered(14)[:40])
    append(pacct, numbered(14)[40:])
    assert shown.names(1) == ["n14"]


def test_filters_hold_for_what_was_and_what_comes(watch: Callable[..., Watch], pacct: Path) -> None:
    shown = watch(pacct, "n3", "n15", "n11")
    assert shown.names(2) == ["n3", "n11"]
    append(pacct, numbered(*range(12, 20)))
    assert shown.names(1) == ["n15"]


def test_since_shows_all_that_ended_since(watch: Callable[..., Watch], pacct: Path) -> None:
    shown = watch(pacct, "--since", "1970-01-01")
    assert shown.names(12) == [f"n{number}" for number in range(12)]
    append(pacct, numbered(12))
    assert shown.names(1) == ["n12"]


def test_empty_file_is_waited_for(watch: Callable[..., Watch], pacct: Path) -> None:
    pacct.write_bytes(b"")
    shown = watch(pacct)
    append(pacct, numbered(1))
    assert shown.names(1) == ["n1"]


def test_truncated_file_is_read_from_its_start(watch: Callable[..., Watch], pacct: Path) -> None:
    shown = watch(pacct)
    shown.names(10)
    pacct.write_bytes(numbered(20))
    assert shown.names(1) == ["n20"]


def test_old_file_is_read_to_its_end_before_the_new_one(watch: Callable[..., Watch], pacct: Path) -> None:
    shown = watch(pacct)
    shown.names(10)
    rotated = pacct.rename(pacct.with_name("pacct.1"))
    append(rotated, numbered(12))
    assert shown.names(1) == ["n12"]
    pacct.touch()  # logrotate has made it; the kernel still writes to the old one
    append(rotated, numbered(13))
    assert shown.names(1) == ["n13"]
    append(rotated, numbered(14))
    append(pacct, numbered(15))
    assert shown.names(2) == ["n14", "n15"]
    append(pacct, numbered(16))
    assert shown.names(1) == ["n16"]


def test_events_have_the_ids_of_their_file(watch: Callable[..., Watch], pacct: Path) -> None:
    shown = watch(pacct, "--json", "n11", "n12", "n1")
    before = json.loads(shown.line())
    shown.line()
    append(pacct, numbered(12))
    after = json.loads(shown.line())
    pacct.rename(pacct.with_name("pacct.1"))
    append(pacct, numbered(1))
    later = json.loads(shown.line())

    assert (before["process"]["name"], after["process"]["name"], after["event"]["sequence"]) == ("n1", "n12", 12)
    assert before["acct"]["segment"] == after["acct"]["segment"] != later["acct"]["segment"]


def test_bytes_that_are_no_record_are_said_and_skipped(watch: Callable[..., Watch], pacct: Path) -> None:
    shown = watch(pacct)
    shown.names(10)
    append(pacct, bytes(SIZE) + numbered(12))
    append(pacct, numbered(13) + numbered(14))  # two more decide that reading is in step again
    assert shown.names(3) == ["n12", "n13", "n14"]
    shown.process.send_signal(signal.SIGINT)
    code, said = shown.end()
    assert (code, said.splitlines()[-1]) == (130, "acctship: interrupted")
    assert said.startswith(f"acctship: {pacct}: offset {12 * SIZE}: {SIZE} bytes skipped: no record of Linux v3")


def test_reader_that_goes_while_nothing_comes_ends_it(watch: Callable[..., Watch], pacct: Path) -> None:
    shown = watch(pacct)
    shown.names(10)
    assert shown.process.stdout is not None
    shown.process.stdout.close()
    shown.process.stdout = None
    assert shown.end() == (1, "acctship: standard output was closed by its reader\n")


def test_missing_file_is_said_once(watch: Callable[..., Watch], tmp_path: Path) -> None:
    code, said = watch(tmp_path / "missing").end()
    assert (code, said.count("\n")) == (1, 1)
    assert "no such file: is accounting on" in said


def test_pipe_cannot_be_followed(watch: Callable[..., Watch], tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    code, said = watch(path).end()
    assert code == 1
    assert "no regular file, so it cannot be followed" in said
