"""Whether the kernel records: asked of the real one, in a pid namespace of its own, as a site asks."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from acctship.checks.recording import recording, space
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
    assert (found["state"], found["finding"]) == ("ok", f"accounting is on: {ground.live} grew as a process ended")
    ground.account(None)
    found = recorded(ground, tmp_path)
    assert (found["state"], "accounting is off" in found["finding"]) == ("FAILED", True)
    assert "acctship accounting on" in found["advice"]


def test_file_that_nobody_may_see_is_no_verdict(tmp_path: Path) -> None:
    found = recording(tmp_path / "missing")
    assert (found.state, "cannot be told" in found.finding) == ("warn", True)


@pytest.mark.parametrize(("settings", "state"), [("4\t2\t30\n", "ok"), ("100 0 30", "warn"), ("101 100 30", "FAILED")])
def test_room_is_judged_as_the_kernel_does(tmp_path: Path, settings: str, state: str) -> None:
    (tmp_path / "acct").write_text(settings)  # stands in for a disk of every size: the kernel's file is not ours
    found = space(tmp_path, tmp_path / "acct")
    assert (found.state, "% of the file system of" in found.finding) == (state, True)


def test_kernel_without_accounting_has_no_settings(tmp_path: Path) -> None:
    assert space(tmp_path, tmp_path / "none").state == "warn"
