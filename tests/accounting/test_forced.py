"""What tells of a removal by force meets the daemon that takes it away."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest

from acctship.accounting import forced
from acctship.accounting.forced import tell_forced
from acctship.accounting.retain import FORCED, FORMAT, Forced
from acctship.errors import AccountingError
from tests.cli.service import until

ONE = Forced(FORMAT, 1.0, "/var/log/account/pacct-1", 640, "a limit")


def users(path: Path) -> int:
    """How many descriptors of this process lead to a file."""
    return sum(os.path.realpath(link) == str(path) for link in Path("/proc/self/fd").iterdir())


def test_a_line_is_never_written_to_a_file_that_was_taken_away(tmp_path: Path) -> None:
    path = tmp_path / FORCED
    path.write_bytes(b"")
    writer = threading.Thread(target=tell_forced, args=(tmp_path, ONE))
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        writer.start()
        until(lambda: users(path) == 2, "the writer waits for the lock")
        path.unlink()
    writer.join()
    assert path.read_bytes().count(b"\n") == 1


def test_who_holds_the_lock_for_ever_keeps_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forced, "_ATTEMPTS", 2)
    path = tmp_path / FORCED
    with path.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(
            AccountingError, match=rf"^{path}: cannot be written: another process has locked it: .* stays"
        ):
            tell_forced(tmp_path, ONE)
    assert path.read_bytes() == b""


def test_a_line_that_does_not_fit_leaves_nothing_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for a disk that is full in the middle of a line."""
    tell_forced(tmp_path, ONE)
    whole = (tmp_path / FORCED).read_bytes()
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, line: write(descriptor, line[:7]))
    with pytest.raises(AccountingError, match="its disk is full"):
        tell_forced(tmp_path, ONE)
    assert (tmp_path / FORCED).read_bytes() == whole
