"""Whether a daemon has the state folder is told without taking its lock, so nobody is kept from starting."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from acctship.delivery.keeping import folder

_HOLDER = """
import sys
from pathlib import Path
from acctship.delivery.keeping import folder
folder.lock(Path(sys.argv[1]))
print("locked", flush=True)
sys.stdin.read()
"""


def test_folder_without_a_lock_is_not_in_use(tmp_path: Path) -> None:
    assert folder.in_use(tmp_path) is False


def test_lock_of_another_process_is_seen_until_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        assert folder.in_use(tmp_path) is True
        holder.kill()
        holder.wait()
    assert folder.in_use(tmp_path) is False


def test_lock_of_another_file_is_not_mistaken_for_ours(tmp_path: Path) -> None:
    os.close(folder.lock(tmp_path))
    with (tmp_path / "other").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert folder.in_use(tmp_path) is False


def test_nothing_is_locked_by_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.close(folder.lock(tmp_path))

    def fail(*_: object) -> None:
        raise AssertionError

    for name in ("flock", "lockf", "fcntl"):
        monkeypatch.setattr(fcntl, name, fail)
    assert folder.in_use(tmp_path) is False
