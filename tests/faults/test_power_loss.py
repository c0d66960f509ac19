"""What a power loss leaves: state files that are cut, missing or old, and an accounting file without its last records.

The daemon either refuses to start, with one line that names the file, or goes on with nothing lost. What comes twice
has one id. Dead letters are left as they are: they are only ever appended to, and synced before a cursor moves.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from acctship.cli import main
from tests.builders import SIZE
from tests.cli.service import until
from tests.faults.accounts import expect_all, expect_one_id_each, pids
from tests.faults.campaign import LOSSES
from tests.faults.machine import Machine

Run = Callable[..., tuple[int, str]]


@pytest.fixture(autouse=True)
def _second_output(machine: Machine) -> None:
    machine.configure(f'[outputs.more]\ntype = "jsonl"\npath = "{machine.folder}/more.jsonl"\nstart = "oldest"\n')


@pytest.fixture
def drain(machine: Machine, capfd: pytest.CaptureFixture[str]) -> Run:
    """Ship what is there, in this process; gives exit code and what was said."""

    def drain(*options: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            main(["run", "--drain", "-c", str(machine.config), *options])
        return int(str(end.value)), capfd.readouterr().err

    return drain


def kept_files(machine: Machine) -> list[Path]:
    files = [*machine.state.glob("*.json"), *machine.state.glob("*.jsonl"), *machine.state.glob("cursors/*.json")]
    return sorted(path for path in files if not path.name.startswith("."))


def damage(path: Path, versions: list[dict[Path, bytes]], harm: str, rng: random.Random) -> None:
    """Do to a state file what a power loss, or whoever restores a backup, may do."""
    content, old = path.read_bytes(), [version[path] for version in versions]
    match harm:
        case "cut":
            path.write_bytes(content[: rng.randrange(len(content))])
        case "missing":
            path.unlink()
        case "old":
            path.write_bytes(rng.choice(old))
        case "zeros":
            path.write_bytes(bytes(len(content)))


def test_damaged_state_is_refused_or_nothing_is_lost(machine: Machine, drain: Run, rng: random.Random) -> None:
    versions: list[dict[Path, bytes]] = []
    refused = gone_on = 0
    for _ in range(LOSSES):
        machine.write(rng.randrange(3, 40), rng)
        if rng.random() < 0.3 and machine.written.files < 8:
            machine.rotate()
            machine.write(rng.randrange(3, 40), rng)
        assert drain()[0] == 0
        versions.append({path: path.read_bytes() for path in kept_files(machine)})
        machine.write(rng.randrange(3, 40), rng)
        files = kept_files(machine)
        harms = rng.choice((("old",), ("cut", "missing", "old", "zeros")))
        for path in rng.sample(files, rng.choice((1, 1, 2, 3, len(files)))):
            damage(path, versions[-5:], rng.choice(harms), rng)
        before = len(machine.events()), len(machine.events("more.jsonl"))
        code, said = drain()
        if code:
            refused += 1
            assert (code, len(said.splitlines())) == (3, 1), said
            assert str(machine.state) in said
            assert (len(machine.events()), len(machine.events("more.jsonl"))) == before
            code, said = drain("--accept-loss")
        else:
            gone_on += 1
        assert code == 0, said
        for name in ("events.jsonl", "more.jsonl"):
            expect_all(machine.written.pids, machine.events(name), [], name)
    assert min(refused, gone_on) > 0
    expect_one_id_each(machine.events(), machine.events("more.jsonl"))


def test_state_from_a_backup_loses_nothing_and_sends_again_with_the_same_ids(
    machine: Machine, drain: Run, rng: random.Random
) -> None:
    backup = machine.folder / "backup"
    for turn in range(4):
        machine.write(10, rng)
        machine.rotate()
        machine.write(10, rng)
        assert drain()[0] == 0
        if turn == 1:
            shutil.copytree(machine.state, backup)
    before = len(machine.events())
    shutil.rmtree(machine.state)
    backup.rename(machine.state)
    machine.write(10, rng)
    assert drain()[0] == 0
    expect_all(machine.written.pids, machine.events(), [], "copy")
    expect_one_id_each(machine.events())
    assert pids(machine.events()[before:]) == {*range(41, 91)}  # those since the backup, and no others


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize("grown", [-1, 0, 1], ids=["smaller", "same size", "larger"])
def test_records_that_take_the_offsets_of_lost_ones_arrive(
    grown: int, running: bool, machine: Machine, drain: Run, rng: random.Random
) -> None:
    """acct(2) never syncs: records that were shipped can be gone after a power loss, and others come in their place."""
    machine.write(4, rng)
    machine.write(4, rng)
    lost, content = 3, machine.path.read_bytes()
    assert len(content) == 8 * SIZE

    def lose() -> None:
        with machine.path.open("r+b") as file:
            file.truncate(len(content) - lost * SIZE)
        machine.write(lost + grown, rng)

    if running:
        with machine.run():
            until(lambda: machine.has("events", set(range(1, 9))), "what is there")
            lose()
            until(lambda: machine.has("events", machine.written.pids), "what took its place")
            until(lambda: len(machine.health("truncated")) == 1, "the news")
    else:
        drain()
        lose()
        drain()
    expect_all(machine.written.pids, machine.events(), [], "copy")
    (told,) = machine.health("truncated")
    assert str(machine.path) in told["message"]


@pytest.mark.parametrize("grown", [0, 1], ids=["same size", "larger"])
def test_file_that_is_cut_and_grows_again_between_two_looks_is_noticed(
    grown: int, machine: Machine, rng: random.Random
) -> None:
    machine.write(4, rng)
    with machine.run():
        for turn in range(1, 6):
            until(lambda: machine.has("events", machine.written.pids), "what is there")
            machine.path.write_bytes(b"")
            machine.write(4 + turn * grown, rng)
            until(lambda at=turn: len(machine.health("truncated")) == at, "the news")  # type: ignore[misc]
        until(lambda: machine.has("events", machine.written.pids), "the last ones")
    expect_all(machine.written.pids, machine.events(), [], "copy")
    expect_one_id_each(machine.events())
