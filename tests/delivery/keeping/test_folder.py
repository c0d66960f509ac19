"""The folder that holds the state: who may use it, and what it may not be mistaken for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from acctship import StateError
from acctship.delivery.keeping.state import State
from tests.cli.command import heed_permissions
from tests.delivery.keeping.test_state import opened
from tests.outputs.test_jsonl_faults import run_apart


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def state(directory: Path) -> Iterator[State]:
    with closing(opened(directory)) as state:
        yield state


def test_folder_is_used_by_one_process_at_a_time(state: State) -> None:
    code = f"""
from pathlib import Path
from acctship import StateError
from acctship.delivery.keeping.state import State
from acctship.events.identity import Machine
try:
    State.open(Path({str(state.directory)!r}), Machine(), accept_loss=False)
except StateError as error:
    print(error)
print(State.open(Path({str(state.directory)!r}), Machine(), accept_loss=False, lock=False).identity.source_id)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == (
        f"{state.directory}: another acctship (pid {os.getpid()}) uses it: stop that one first\n"
        f"{state.identity.source_id}\n"
    ), done.stderr


def test_refused_folder_is_free_again(directory: Path, state: State) -> None:
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir()))
    with pytest.raises(StateError, match="uses it"):
        opened(directory)
    assert len(list(descriptors.iterdir())) == before
    (directory / "identity.json").write_text("{")
    state.close()
    for _ in range(2):
        with pytest.raises(StateError, match="is damaged"):
            opened(directory)


def test_pid_of_a_process_before_does_not_stay(directory: Path) -> None:
    opened(directory).close()
    (directory / "lock").write_text("1234567890123\n")
    with closing(opened(directory)):
        assert (directory / "lock").read_text() == f"{os.getpid()}\n"


@pytest.mark.parametrize("text", ["", "no number", "1" * 50])
def test_lock_says_no_pid_that_it_does_not_know(text: str, directory: Path, state: State) -> None:
    (directory / "lock").write_text(text)
    with pytest.raises(StateError, match=r"another acctship (\(pid 1{20}\) )?uses it"):
        opened(directory)
    assert state.outputs == []


def test_folder_that_holds_other_things_is_refused_and_left_alone(directory: Path) -> None:
    directory.mkdir()
    (directory / "pa\nct").touch()
    with pytest.raises(StateError, match=r"holds pa\\x0act, and no state: is this the right folder\?"):
        opened(directory)
    assert [path.name for path in directory.iterdir()] == ["pa\nct"]


def test_fresh_disk_is_an_empty_folder(directory: Path) -> None:
    (directory / "lost+found").mkdir(parents=True)
    opened(directory).close()


def test_other_things_do_no_harm_later(directory: Path) -> None:
    opened(directory).close()
    (directory / "notes.txt").touch()
    opened(directory).close()


def test_folder_around_it_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="missing/state: the folder around it does not exist: make it"):
        opened(tmp_path / "missing/state")
    assert list(tmp_path.iterdir()) == []


def test_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    for lock in (True, False):
        with pytest.raises(StateError, match=r"state: (cannot be used: Not a directory|holds no state)"):
            opened(tmp_path / "state", lock=lock)


OPEN = """
from pathlib import Path
from acctship import StateError
from acctship.delivery.keeping.state import State
from acctship.events.identity import Machine
for lock in (True, False):
    try:
        State.open(Path({path!r}), Machine(), accept_loss=True, lock=lock)
    except StateError as error:
        print(error)
"""


def test_folder_that_may_not_be_read_is_named(directory: Path) -> None:
    opened(directory).close()
    directory.chmod(0)
    try:
        said = run_apart(OPEN.format(path=str(directory)), before=heed_permissions)
    finally:
        directory.chmod(0o700)
    assert said == f"{directory}: cannot be used: Permission denied\n" * 2


def test_file_that_may_not_be_read_is_not_begun_afresh(directory: Path) -> None:
    opened(directory).close()
    (directory / "identity.json").chmod(0)
    said = run_apart(OPEN.format(path=str(directory)), before=heed_permissions)
    says = "cannot be used: Permission denied: see to it that acctship may read and write it"
    assert said == f"{directory}/identity.json: {says}\n" * 2


def test_what_canaries_leave_is_not_foreign(directory: Path) -> None:
    directory.mkdir()
    (directory / "canary.json").write_text("{}")
    (directory / "canary234567abc").symlink_to("/bin/true")
    with closing(opened(directory)):
        assert (directory / "identity.json").exists()
