"""Whether the kernel records: asked of the real one, in a pid namespace of its own, as a site asks."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from acctship.accounting.pausing import Room, Thresholds, room
from acctship.checks.recording import judged, recording, space
from tests.cli.command import ACCTSHIP
from tests.kernel.nested import Ground, nested


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with nested(tmp_path) as ground:
        yield ground


def recorded(ground: Ground, folder: Path) -> dict[str, str]:
    config = folder / "acctship.toml"
    config.write_text(
        f'[source]\npath = "{ground.live}"\n[state]\ndirectory = "{folder}/state"\n[outputs.a]\ntype = "jsonl"\n'
    )
    done = subprocess.run(
        ground.enter(ACCTSHIP, "check", "-c", config, "--json"), capture_output=True, check=False, timeout=60
    )
    found: dict[str, str] = next(one for one in json.loads(done.stdout) if one["check"] == "recording")
    return found


def test_kernel_is_caught_recording_and_not_recording(ground: Ground, tmp_path: Path) -> None:
    found = recorded(ground, tmp_path)
    assert (found["state"], found["finding"]) == (
        "ok",
        "accounting is on: a process that has just ended has its record there",
    )
    ground.account(None)
    found = recorded(ground, tmp_path)
    assert (found["state"], "accounting is off" in found["finding"]) == ("FAILED", True)
    assert "acctship accounting on" in found["advice"]


def test_file_that_is_not_there_is_not_recorded_to(tmp_path: Path) -> None:
    found = recording(tmp_path / "missing")
    assert (found.state, "there is no file of that name" in found.finding) == ("FAILED", True)


@pytest.mark.parametrize(("free", "state"), [(50, "ok"), (40, "ok"), (39, "warn"), (21, "warn"), (20, "FAILED")])
def test_room_is_judged_as_the_kernel_does(tmp_path: Path, free: int, state: str) -> None:
    """A stand-in for disks of every size."""
    found = judged(tmp_path / "pacct", Room(free, 1000, free * 4096, Thresholds()))
    assert (found.state, "% of the file system of" in found.finding) == (state, True)


def test_this_disk_is_judged_by_its_own_room(tmp_path: Path) -> None:
    assert space(tmp_path / "pacct") == judged(tmp_path / "pacct", room(tmp_path))


def test_folder_that_is_not_there_has_no_room_to_judge(tmp_path: Path) -> None:
    assert space(tmp_path / "none" / "pacct").state == "warn"
