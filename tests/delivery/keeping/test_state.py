"""The state folder: the first start, what is kept, who may use it, and what the machine and outputs become."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from acctship import StateError
from acctship.delivery.keeping.cursors import Cursor
from acctship.delivery.keeping.journal import Journal
from acctship.delivery.keeping.state import State
from acctship.delivery.place import Place
from acctship.events.identity import Machine, source_id
from tests.delivery.standins import events
from tests.outputs.test_jsonl_faults import run_apart, small_disk

MACHINE = Machine("web1", "0123456789abcdef0123456789abcdef")


class Entry(msgspec.Struct):
    key: str
    size: int


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def state(directory: Path) -> Iterator[State]:
    with closing(State.open(directory, MACHINE, accept_loss=False)) as state:
        yield state


def opened(directory: Path, machine: Machine = MACHINE, *, lock: bool = True) -> State:
    return State.open(directory, machine, accept_loss=False, lock=lock)


def cursor(health: int = 0) -> Cursor:
    made = Cursor({}, health, [])
    made.begin("a", Place(64, 7))
    return made


def test_first_start_makes_a_folder_for_owner_and_group(state: State) -> None:
    before = os.umask(0o022)
    os.umask(before)
    assert stat.S_IMODE(state.directory.stat().st_mode) == 0o750 & ~before
    assert {path.name for path in state.directory.iterdir()} == {
        *("lock", "identity.json", "segments.json", "outputs.json", "health.jsonl", "cursors", "deadletter")
    }
    assert (state.outputs, state.load_segments(Entry), state.losses) == ([], [], [])
    with closing(state.open_journal()) as journal:
        assert (journal.start, journal.end) == (0, 0)


def test_identity_is_settled_once(directory: Path) -> None:
    with closing(opened(directory)) as state:
        first = state.identity
        assert (first.source_id, first.host_name, first.machine_id) == (source_id(MACHINE), "web1", MACHINE.id)
    renamed = Machine("web2", "f" * 32)
    with closing(opened(directory, renamed)) as state:
        assert state.identity == first


def test_change_of_the_machine_is_told_until_it_is_remembered(directory: Path) -> None:
    with closing(opened(directory)) as state:
        assert state.moved(MACHINE) == []
        before = (directory / "identity.json").stat()
        state.remember(MACHINE)
        assert os.path.samestat((directory / "identity.json").stat(), before)
    renamed = Machine("web2", None)
    says = ["host name changed from web1 to web2", f"machine-id changed from {MACHINE.id} to none"]
    for _ in range(2):
        with closing(opened(directory, renamed)) as state:
            assert state.moved(renamed) == says
    with closing(opened(directory, renamed)) as state:
        state.remember(renamed)
        assert state.moved(renamed) == []
    with closing(opened(directory, renamed)) as state:
        assert state.moved(renamed) == []
        assert state.moved(MACHINE) == [
            "host name changed from web2 to web1",
            f"machine-id changed from none to {MACHINE.id}",
        ]
        assert (state.identity.source_id, state.identity.host_name) == (source_id(MACHINE), "web1")


def test_segments_are_kept(directory: Path) -> None:
    entries = [Entry("a", 64), Entry("b", 2**40)]
    with closing(opened(directory)) as state:
        state.save_segments(entries)
    with closing(opened(directory)) as state:
        assert state.load_segments(Entry) == entries


def test_output_is_new_until_its_cursor_is_saved(directory: Path) -> None:
    with closing(opened(directory)) as state:
        assert state.load_cursor("siem") is None
        state.save_cursor("siem", cursor())
        state.save_cursor("copy", cursor(health=9))
        state.save_cursor("siem", cursor(health=5))
        assert state.outputs == ["siem", "copy"]
    with closing(opened(directory)) as state:
        assert state.load_cursor("siem") == cursor(health=5)
        assert state.load_cursor("copy") == cursor(health=9)
        assert state.load_cursor("other") is None
        assert state.orphans({"copy", "other"}) == ["siem"]


def test_output_whose_first_save_was_cut_short_is_new(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_names: list[str]) -> None:
        raise OSError(28, "No space left on device")

    with closing(opened(directory)) as state:
        monkeypatch.setattr(state, "_register", fail)
        with pytest.raises(OSError, match="No space left"):
            state.save_cursor("siem", cursor())
        assert state.load_cursor("siem") is None
    with closing(opened(directory)) as state:
        assert state.load_cursor("siem") is None
        state.save_cursor("siem", cursor(health=1))
        assert state.load_cursor("siem") == cursor(health=1)


def test_outputs_may_be_saved_at_a_time(directory: Path) -> None:
    names = [f"output{number}" for number in range(8)]
    with closing(opened(directory)) as state:
        threads = [threading.Thread(target=state.save_cursor, args=(name, cursor())) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with closing(opened(directory, lock=False)) as state:
        assert sorted(state.outputs) == names


def test_dead_letters_are_those_of_a_known_output(state: State) -> None:
    state.save_cursor("siem", cursor())
    state.dead_letters("siem").add([(events(1).json()[0], "no")])
    assert [letter.reason for _, letter in state.dead_letters("siem").read()] == ["no"]
    with pytest.raises(StateError, match=r"no output \.\./x\\x0a has run with it; known here: siem"):
        state.dead_letters("../x\n")


def test_forgotten_output_is_new_again(directory: Path) -> None:
    with closing(opened(directory)) as state:
        for name in ("siem", "copy"):
            state.save_cursor(name, cursor())
        state.forget("siem")
        assert [path.name for path in directory.glob("*/*")] == ["copy.json", "copy.jsonl"]
    with closing(opened(directory)) as state:
        assert state.outputs == ["copy"]
        assert state.load_cursor("siem") is None
        with pytest.raises(StateError, match="no output siem has run with it; known here: copy"):
            state.forget("siem")


def test_dead_letters_are_not_forgotten_by_the_way(state: State) -> None:
    state.save_cursor("siem", cursor())
    state.dead_letters("siem").add([(events(1).json()[0], "no")])
    with pytest.raises(StateError, match="siem: has dead letters: see `acctship deadletter list`"):
        state.forget("siem")
    assert state.load_cursor("siem") == cursor()
    state.forget("siem", with_dead_letters=True)
    assert list(state.directory.glob("*/*")) == []


def test_reader_without_the_lock_changes_nothing(directory: Path, state: State) -> None:
    state.save_cursor("siem", cursor())
    with closing(state.open_journal()) as journal:
        journal.append(b"{}")
    before = {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    reader = State.open(directory, Machine("other"), accept_loss=True, lock=False)
    assert reader.load_cursor("siem") == cursor()
    assert list(reader.dead_letters("siem").read()) == []
    (directory / "cursors/siem.json").write_text("{")
    with pytest.raises(StateError, match="is damaged"):
        reader.load_cursor("siem")
    assert {path for path in directory.rglob("*") if path.is_file()} == set(before)


def test_reader_makes_no_folder(directory: Path, tmp_path: Path) -> None:
    for path in (directory, tmp_path):
        with pytest.raises(StateError, match="holds no state: acctship has not run, or keeps it elsewhere"):
            opened(path, lock=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("written", range(4))
def test_first_start_that_was_cut_short_is_made_good(
    written: int, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, count = Path.rename, 0

    def fails_once(path: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count > written:
            raise OSError(28, "No space left on device")
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fails_once)
        with pytest.raises(OSError, match="No space left"):
            opened(directory)
    with closing(opened(directory)) as state:
        assert state.identity.source_id == source_id(MACHINE)
        assert state.load_segments(Entry) == []
        Journal(directory / "health.jsonl").close()


FULL = """
from pathlib import Path
from acctship.delivery.keeping.cursors import Cursor
from acctship.delivery.keeping.state import State
from acctship.events.identity import Machine

folder, filler = Path({folder!r}, "state"), Path({folder!r}, "filler")
filler.write_bytes(bytes(64 * 1024))
try:
    State.open(folder, Machine(), accept_loss=False)
except OSError as error:
    print(error.strerror)
filler.unlink()
state = State.open(folder, Machine(), accept_loss=False)
state.save_cursor("siem", Cursor({{}}, 0, []))
filler.touch()
with filler.open("ab", buffering=0) as file:
    try:
        while file.write(bytes(4096)):
            pass
    except OSError:
        pass
for function in (
    lambda: state.save_cursor("siem", Cursor({{}}, 9, [])),
    lambda: state.save_cursor("copy", Cursor({{}}, 9, [])),
    lambda: state.remember(Machine("other")),
):
    try:
        function()
    except OSError as error:
        print(error.strerror)
assert state.load_cursor("siem") == Cursor({{}}, 0, [])
assert state.moved(Machine("other")) == ["host name changed from none to other"]
state.close()
state = State.open(folder, Machine(), accept_loss=False)
assert state.outputs == ["siem"]
filler.unlink()
state.save_cursor("copy", Cursor({{}}, 9, []))
assert state.outputs == ["siem", "copy"]
"""


def test_full_disk_leaves_the_state_as_it_was(tmp_path: Path) -> None:
    folder = small_disk(tmp_path)
    assert run_apart(FULL.format(folder=str(folder)), mounted=folder) == "No space left on device\n" * 4


def test_files_are_for_people_to_read(state: State) -> None:
    state.save_cursor("siem", cursor())
    assert json.loads((state.directory / "outputs.json").read_text()) == {"format": 1, "names": ["siem"]}
    assert json.loads((state.directory / "identity.json").read_text())["host_name"] == "web1"
