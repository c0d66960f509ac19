"""State folders of every release can be read, gone on from without a loss, and not be mistaken when damaged."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from acctship import StateError
from acctship.delivery.following.segments import SegmentEntry
from acctship.delivery.keeping import canary_file, status
from acctship.delivery.keeping.state import State
from acctship.events.identity import Machine
from tests.cli.command import acctship
from tests.releases.kept import STATES, copied, expected, go_on, process_ids, settled_ids, sums, versions

KEPT = [path for version in versions(STATES) for path in sorted((STATES / version).iterdir()) if path.is_dir()]
NO_STATE = ("lock", "status.json", "retain.json", "canary.json", "forced.jsonl")
"""What the state folder can do without."""
DOCUMENTS = [
    pytest.param(scene, path.relative_to(scene / "state"), id=f"{scene.name}-{path.name}")
    for scene in KEPT
    for path in sorted((scene / "state").rglob("*.json*"))
    if path.name not in NO_STATE and path.stat().st_size
]

kept = pytest.mark.parametrize("scene", KEPT, ids=lambda path: f"{path.parent.name}-{path.name}")


def test_there_are_some() -> None:
    assert [path.name for path in KEPT if path.parent.name == "0.1.0"] == ["killed", "stopped"]


@pytest.mark.parametrize("version", versions(STATES))
def test_nothing_of_it_has_changed_since(version: str) -> None:
    assert (STATES / version / "SHA256SUMS").read_text() == sums(STATES / version)


@kept
def test_it_is_read_by_whoever_asks(scene: Path, tmp_path: Path) -> None:
    config = copied(scene, tmp_path)
    outputs = expected(scene)["outputs"]
    done = {
        words: acctship(*words.split(), "-c", config)
        for words in ("status", "check", "outputs list", "deadletter list")
    }
    assert [
        words for words, one in done.items() if "Traceback" in one.err or "state: see below" in one.out.decode()
    ] == []
    said = {words: one.out.decode() for words, one in done.items()}
    orphaned = [name for name, one in outputs.items() if one["orphaned"]]
    assert [name for name in outputs if name not in said["outputs list"]] == []
    assert [name for name in outputs if name not in orphaned and name not in said["status"]] == []
    assert said["outputs list"].count("orphaned") == len(orphaned)
    letters = [one for output in outputs.values() for one in output["letters"]]
    assert [one for one in letters if one not in said["deadletter list"]] == []
    assert f"{tmp_path}/state: {len(outputs)} outputs" in said["check"]


@kept
@pytest.mark.parametrize("how", ["--drain", "--once"])
def test_what_was_not_acknowledged_is_sent_once_and_nothing_else(scene: Path, how: str, tmp_path: Path) -> None:
    outcome = go_on(copied(scene, tmp_path), how)
    assert outcome.done.code == 0, outcome.done.err
    for name, one in expected(scene)["outputs"].items():
        if not one["orphaned"]:
            assert process_ids(outcome.events[name]) == one["left"], name
            said = [(one["event"]["id"], one.get("message")) for one in outcome.events[name]]
            assert len(dict(said)) == len(set(said)), "what was told before may be told again, with the same id"


@kept
def test_all_that_was_ever_sent_has_the_same_ids_when_it_is_read_anew(scene: Path, tmp_path: Path) -> None:
    config = copied(scene, tmp_path)
    for path in (tmp_path / "state").iterdir():
        if path.name not in ("identity.json", "canary.json"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    outcome = go_on(config, "--drain", "--accept-loss", TZ="Pacific/Kiritimati", LC_ALL="C", PYTHONHASHSEED="7")
    assert outcome.done.code == 0, outcome.done.err
    outputs = expected(scene)["outputs"].values()
    known = {one for output in outputs for part in ("had", "letters", "left") for one in output[part]}
    assert set(process_ids(outcome.events["copy"])) == known
    again = [one for one in expected(scene)["settled"] if one.startswith("health-canary")]  # told whenever it is read
    assert settled_ids(outcome.events["copy"]) == again


def _load(directory: Path) -> None:
    """Read all that a daemon reads at its start."""
    with closing(State.open(directory, Machine("web1"), accept_loss=False)) as state:
        state.load_segments(SegmentEntry)
        for name in state.outputs:
            state.load_cursor(name)
            state.dead_letters(name)
        state.open_journal().close()


@pytest.mark.parametrize(("scene", "name"), DOCUMENTS)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw[: len(raw) // 2].rpartition(b",")[0] + b"\n", "is damaged"),
        (lambda raw: bytes(len(raw)) + b"\n", "is damaged"),
        (lambda raw: raw.replace(b'"format":1', b'"format":99', 1), "was written by a newer acctship: upgrade"),
    ],
    ids=["cut", "zeros", "newer"],
)
def test_damage_and_a_newer_format_are_one_clear_line(
    scene: Path, name: Path, change: Callable[[bytes], bytes], said: str, tmp_path: Path
) -> None:
    directory = shutil.copytree(scene / "state", tmp_path / "state")
    _load(directory)
    path = directory / name
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(StateError) as told:
        _load(directory)
    assert str(told.value).startswith(str(path))
    assert said in str(told.value)
    assert "\n" not in str(told.value)


@kept
def test_what_it_can_do_without_is_read_too(scene: Path) -> None:
    seen = status.read(scene / "state")
    assert seen is not None
    assert seen.version == scene.parent.name
    if scene.name == "stopped":
        assert {one.action for one in seen.outages} == {"output-unreachable", "output-halted"}
        canaries = canary_file.load(scene / "state")
        assert canaries is not None
        assert canaries.secret == bytes(range(32))
    assert msgspec.json.decode((scene / "state/retain.json").read_bytes())["format"] == 1
