"""The scripted input, run as a forwarder runs it, over an accounting file that grows and is rotated.

As a forwarder: by its path, in the forwarder's folder, standard input closed, standard output a pipe, an environment in
which the forwarder's own libraries and Python come before the system's. No forwarder is to be had here.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from tests.cli.command import ACCTSHIP
from tests.cli.service import ended, records, until
from tests.paths import ROOT


class Forwarder:
    """A folder in which the packed add-on is installed, and what came out of the script so far."""

    def __init__(self, folder: Path) -> None:
        self.home, self.path = folder / "splunkforwarder", folder / "pacct"
        apps, libraries = self.home / "etc/apps", self.home / "lib"
        command: list[str | Path] = [sys.executable, ROOT / "examples/splunk/build_add_on.py", folder]
        packed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        with tarfile.open(packed) as archive:
            archive.extractall(apps, filter="data")
        libraries.mkdir()
        (libraries / "libz.so.1").write_text("another program's library")
        self.script = apps / "TA-acctship/bin/acctship_follow.sh"
        self.lines: list[bytes] = []
        self.environment = {
            "PATH": f"{self.home}/bin:/usr/bin:/bin",
            "SPLUNK_HOME": str(self.home),
            "SPLUNK_DB": f"{self.home}/var/lib/splunk",
            "LD_LIBRARY_PATH": str(libraries),
            "PYTHONHOME": str(self.home),
            "ACCTSHIP": str(ACCTSHIP),
            "ACCTSHIP_FILE": str(self.path),
        }

    def append(self, begin: int, end: int) -> None:
        with self.path.open("ab") as file:
            file.write(records(begin, end))

    @contextmanager
    def run(self) -> Iterator[subprocess.Popen[bytes]]:
        with subprocess.Popen(
            [self.script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.home,
            env=self.environment,
            preexec_fn=lambda: os.close(0),  # noqa: PLW1509 - the child closes a descriptor, and takes no lock
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            reader = threading.Thread(target=self._index, args=(process.stdout,))
            reader.start()
            try:
                yield process
            finally:
                process.kill()
                reader.join()

    def _index(self, pipe: IO[bytes]) -> None:
        for line in pipe:
            if line.endswith(b"\n"):
                self.lines.append(line)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in list(self.lines)]

    @property
    def pids(self) -> list[int]:
        return [event["process"]["pid"] for event in self.events]


@pytest.fixture
def forwarder(tmp_path: Path) -> Forwarder:
    return Forwarder(tmp_path)


def test_growth_rotation_and_orderly_ends_give_each_event_once(forwarder: Forwarder) -> None:
    forwarder.append(1, 10)
    with forwarder.run() as process:
        until(lambda: forwarder.pids == [*range(1, 10)], "what was there")
        forwarder.append(10, 20)
        until(lambda: forwarder.pids == [*range(1, 20)], "what came then")
        forwarder.path.rename(forwarder.path.with_name("pacct.1"))
        forwarder.append(20, 30)
        until(lambda: forwarder.pids == [*range(1, 30)], "what the next file has")
        os.killpg(process.pid, signal.SIGTERM)
        assert ended(process)[0] == 0
    forwarder.append(30, 40)
    with forwarder.run() as process:
        until(lambda: 39 in forwarder.pids, "what came while it did not run")
        process.terminate()
        assert ended(process) == (0, "")
    assert forwarder.pids == [*range(1, 40)]


def test_kills_lose_nothing_and_what_comes_twice_has_one_id(forwarder: Forwarder) -> None:
    for turn in range(4):
        forwarder.append(turn * 500, (turn + 1) * 500)
        with forwarder.run() as process:
            until(lambda last=turn * 500 + 250: last in forwarder.pids, "half of it")  # type: ignore[misc]  # bound now
            os.killpg(process.pid, signal.SIGKILL)
    forwarder.append(2000, 2001)
    with forwarder.run() as process:
        until(lambda: 2000 in forwarder.pids, "the rest")
        process.terminate()
        assert ended(process)[0] == 0
    assert sorted({(event["process"]["pid"], event["event"]["id"]) for event in forwarder.events}) == sorted(
        {event["process"]["pid"]: event["event"]["id"] for event in forwarder.events}.items()
    )
    assert {*forwarder.pids} == {*range(2001)}


def test_state_is_for_the_forwarder_alone_and_where_modular_inputs_keep_theirs(forwarder: Forwarder) -> None:
    forwarder.append(1, 2)
    with forwarder.run() as process:
        until(lambda: forwarder.pids == [1], "the record")
        process.terminate()
        ended(process)
    state = forwarder.home / "var/lib/splunk/modinputs/acctship/state.json"
    assert state.stat().st_size > 0
    assert state.parent.stat().st_mode & 0o077 == 0


def test_missing_program_is_said_in_one_line(forwarder: Forwarder) -> None:
    forwarder.environment["ACCTSHIP"] = "/nowhere/acctship"
    with forwarder.run() as process:
        code, said = ended(process)
    assert (code, said.count("\n")) == (1, 1)
    assert "/nowhere/acctship: no such program: install acctship, or set ACCTSHIP" in said


def test_program_of_a_venv_is_found_without_being_named(forwarder: Forwarder) -> None:
    (forwarder.home / "bin").mkdir()
    (forwarder.home / "bin/acctship").symlink_to(ACCTSHIP)
    del forwarder.environment["ACCTSHIP"]
    forwarder.append(1, 3)
    with forwarder.run() as process:
        until(lambda: forwarder.pids == [1, 2], "both records")
        process.terminate()
        assert ended(process) == (0, "")
