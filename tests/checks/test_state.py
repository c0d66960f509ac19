"""The daemon's user and its state folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from acctship.checks import state
from acctship.checks.access import Person, person
from acctship.errors import InputError

STRANGER = Person("stranger", 4001, 4001, frozenset([4001]))


def test_owner_of_the_state_folder_is_who_the_daemon_runs_as(public: Path) -> None:
    os.chown(public, 4001, 4001)
    who, told = state.daemon_user(public, None)
    assert (who.uid, told.finding) == (4001, f"the daemon runs as user 4001, who owns {public}")


def test_who_is_named_comes_before(public: Path) -> None:
    assert state.daemon_user(public, "root")[0] == person(0)
    with pytest.raises(InputError, match="no user no-such-user"):
        state.daemon_user(public, "no-such-user")


def test_folder_of_somebody_else_cannot_be_written(public: Path) -> None:
    found = state.state_writable(public, STRANGER)
    assert found
    assert (found.state, found.finding.startswith("user stranger may not ")) == ("FAILED", True)
    assert "chmod 0750" in found.advice, "the group may ask for the status"
    os.chown(public, 4001, 4001)
    found = state.state_writable(public, STRANGER)
    assert found
    assert (found.state, "stranger may write to" in found.finding) == ("ok", True)


def test_little_room_is_told(public: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "LEAST_FREE", 1 << 62)
    found = state.state_writable(public, person(0))
    assert found
    assert (found.state, "make room" in found.advice) == ("warn", True)


def test_folder_that_is_not_there_is_no_matter(tmp_path: Path) -> None:
    assert state.state_writable(tmp_path / "none", STRANGER) is None
    assert not (tmp_path / "none").exists()
