"""The state folder after a power loss or a careless hand: the good state or one clear line, never a fresh start."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from acctship import StateError
from acctship.delivery.keeping.cursors import Cursor
from acctship.delivery.keeping.origin import Identity
from acctship.delivery.keeping.state import State
from acctship.delivery.place import Place
from acctship.events.identity import Machine

MACHINE = Machine("web1", "0123456789abcdef0123456789abcdef")
OUTPUTS = ("siem", "copy")
FILES = (
    "identity.json",
    "segments.json",
    "outputs.json",
    "health.jsonl",
    "cursors/siem.json",
    "cursors/copy.json",
    "deadletter/siem.jsonl",
    "deadletter/copy.jsonl",
)
LOST = {
    "identity.json": "if the machine was renamed, records that are read again get other event ids",
    "segments.json": "what was known of the accounting files is lost",
    "outputs.json": "outputs that have lost their cursors, too, start as new ones do",
    "health.jsonl": "health events that were not delivered yet are lost",
    "cursors/siem.json": "output siem starts as a new one does",
    "cursors/copy.json": "output copy starts as a new one does",
    "deadletter/siem.jsonl": "events that the receiver rejected are lost",
    "deadletter/copy.jsonl": "events that the receiver rejected are lost",
}


class Entry(msgspec.Struct):
    key: str
    size: int


class Kept(NamedTuple):
    """All that a state folder holds."""

    identity: Identity
    outputs: list[str]
    segments: list[Entry]
    journal: list[tuple[bytes, int]]
    journal_end: int
    cursors: list[Cursor | None]
    letters: list[list[str]]


def load(directory: Path, *, accept_loss: bool = False) -> tuple[Kept, list[str]]:
    """All that the folder holds, as the daemon loads it at its start, and what was lost."""
    with closing(State.open(directory, MACHINE, accept_loss=accept_loss)) as state:
        with closing(state.open_journal()) as journal:
            lines, end = journal.read(journal.start, 1 << 20), journal.end
        kept = Kept(
            state.identity,
            sorted(state.outputs),
            state.load_segments(Entry),
            lines,
            end,
            [state.load_cursor(name) for name in OUTPUTS],
            [
                [event_id for event_id, _ in state.dead_letters(name).read()]
                for name in OUTPUTS
                if name in state.outputs
            ],
        )
        return kept, state.losses


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory = tmp_path / "state"
    with closing(State.open(directory, MACHINE, accept_loss=False)) as state:
        state.save_segments([Entry("a", 6400), Entry("b", 128)])
        with closing(state.open_journal()) as journal:
            for number in range(3):
                journal.append(b'{"event":{"id":"health-%d"}}' % number)
            for name in OUTPUTS:
                cursor = Cursor({}, journal.end, [])
                cursor.begin("a", Place(6400, 7))
                state.save_cursor(name, cursor)
                state.dead_letters(name).add([(b'{"event":{"id":"%d"}}' % number, "no") for number in range(2)])
    return directory


@pytest.mark.parametrize("name", FILES)
def test_file_cut_anywhere_gives_the_good_state_or_one_line(name: str, directory: Path) -> None:
    good, _ = load(directory)
    whole = (directory / name).read_bytes()
    refusals: list[str] = []
    for size in range(len(whole)):
        (directory / name).write_bytes(whole[:size])
        try:
            kept, losses = load(directory)
        except StateError as error:
            refusals.append(str(error))
            continue
        assert losses == []
        if "deadletter" in name:  # lines that were complete are there; that a file ended later, nothing tells
            lines = whole[:size].count(b"\n")
            at = OUTPUTS.index(Path(name).stem)
            good.letters[at] = kept.letters[at][:lines]
            assert len(kept.letters[at]) == lines
        assert kept == good
    assert len(refusals) == (0 if "deadletter" in name else len(whole) if name == "health.jsonl" else len(whole) - 1)
    for refusal in refusals:
        assert refusal.startswith(f"{directory / name}")
        assert refusal.endswith(f": restore it from a backup, or start with --accept-loss: {LOST[name]}")
    (directory / name).write_bytes(whole)
    load(directory)


@pytest.mark.parametrize("name", FILES)
def test_file_that_is_missing_is_named_and_stays_missing(name: str, directory: Path) -> None:
    (directory / name).unlink()
    for _ in range(2):
        with pytest.raises(StateError, match="is missing: restore it from a backup, or start with") as caught:
            load(directory)
        assert str(caught.value).startswith(f"{directory / name}: ")
    assert not (directory / name).exists()


@pytest.mark.parametrize("name", ["cursors", "deadletter"])
def test_folder_that_is_missing_is_noticed(name: str, directory: Path) -> None:
    (directory / name).rename(directory.parent / "elsewhere")
    with pytest.raises(StateError, match=f"{name}/siem.jsonl?: is missing"):
        load(directory)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", [None, b"", b"{}\n", b'{"format":2}\n', bytes(512)])
def test_accepted_loss_is_told_once_and_nothing_else_is_lost(damage: bytes | None, name: str, directory: Path) -> None:
    path = directory / name
    good, none = load(directory, accept_loss=True)
    assert none == []
    if "deadletter" in name and damage in (b"", bytes(512)):
        return  # a file without a complete line has no dead letters
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)
    kept, losses = load(directory, accept_loss=True)
    moved = "" if damage is None else f", the old one is {path.name}.lost-1"
    assert losses == [f"{path}: begun afresh{moved}: {LOST[name]}"]
    asides = list(directory.rglob("*.lost-*"))
    assert [one.read_bytes() for one in asides] == ([] if damage is None else [damage])
    assert kept == expected(good, name, kept)
    assert load(directory) == (kept, [])


def expected(good: Kept, name: str, kept: Kept) -> Kept:
    """What is left when one file is lost."""
    output = Path(name).stem
    at = OUTPUTS.index(output) if output in OUTPUTS else 0
    if name == "identity.json":  # from the same machine comes the same source
        return good._replace(identity=msgspec.structs.replace(good.identity, created=kept.identity.created))
    if name == "segments.json":
        return good._replace(segments=[])
    if name == "outputs.json":  # the cursors tell
        return good
    if name == "health.jsonl":  # no offset is given twice
        return good._replace(journal=[])
    if name.startswith("cursors"):
        cursors, letters = [*good.cursors], [*good.letters]
        cursors[at] = None
        del letters[at]
        return good._replace(cursors=cursors, letters=letters, outputs=[one for one in good.outputs if one != output])
    letters = [*good.letters]
    letters[at] = []
    return good._replace(letters=letters)


def test_each_loss_has_its_own_copy(directory: Path) -> None:
    for number in (1, 2):
        (directory / "segments.json").write_text(f"{number}")
        load(directory, accept_loss=True)
    assert (directory / "segments.json.lost-1").read_text() == "1"
    assert (directory / "segments.json.lost-2").read_text() == "2"


def test_all_may_be_lost_at_once(directory: Path) -> None:
    for name in FILES:
        (directory / name).write_bytes(b"x\n")
    kept, losses = load(directory, accept_loss=True)
    assert len(losses) == 6  # the dead letters are those of no output any more
    assert (kept.outputs, kept.segments, kept.journal) == ([], [], [])
    assert load(directory) == (kept, [])


def test_dead_letters_of_a_lost_output_come_back_with_it(directory: Path) -> None:
    (directory / "cursors/siem.json").unlink()
    load(directory, accept_loss=True)
    with closing(State.open(directory, MACHINE, accept_loss=False)) as state:
        state.save_cursor("siem", Cursor({}, 0, []))
        assert len(list(state.dead_letters("siem").read())) == 2


def test_journal_that_lost_lines_which_an_output_had_is_noticed(directory: Path) -> None:
    path = directory / "health.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(StateError, match=r"health\.jsonl: ends at 56, but an output has read up to 84: restore it"):
        load(directory)


def test_foreign_things_beside_lost_state_do_not_hide_the_loss(directory: Path) -> None:
    (directory / "notes.txt").touch()
    (directory / "identity.json").unlink()
    with pytest.raises(StateError, match=r"identity\.json: is missing"):
        load(directory)
