"""What `acctship accounting rotate` removes of files that a real kernel has written."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.builders import record
from tests.kernel.nested import Ground
from tests.kernel.switching import Switch


def needs(switch: Switch, *paths: Path, ago: float = 0.0) -> None:
    """What a daemon has left behind in its state folder."""
    switch.state.mkdir(exist_ok=True)
    retain = {"format": 1, "time": time.time() - ago, "needed": [str(path) for path in paths]}
    (switch.state / "retain.json").write_text(json.dumps(retain))


def test_where_nothing_is_shipped_the_limits_alone_decide(ground: Ground, tmp_path: Path) -> None:
    switch = Switch(ground, tmp_path, limits='max_size = "0B"\n')
    switch("status")
    done = switch("rotate")
    assert done.code == 0, done.err
    assert done.err.endswith(f"{ground.live.parent}: rotated files removed: 1\n")
    assert ground.rotated() == []
    assert switch.look()["state"] == "on"


def test_a_dead_output_and_a_dead_daemon_keep_their_files(ground: Ground, tmp_path: Path) -> None:
    switch = Switch(ground, tmp_path, limits='max_size = "0B"\nmax_age = 0\n')
    switch("status")
    for ago in (0.0, 40 * 86_400.0):
        needs(switch, ground.live, ago=ago)
        done = switch("rotate")
        assert done.code == 0, done.err
        assert "rotated files that stay above the limits: " in done.err
        assert "bytes: an output may still need them" in done.err
    assert len(ground.rotated()) == 2
    (switch.state / "retain.json").unlink()
    assert "retain.json: is missing: has acctship run been started?" in switch("rotate").err
    assert len(ground.rotated()) == 3


def test_a_hard_limit_removes_them_all_the_same_and_the_command_fails(ground: Ground, tmp_path: Path) -> None:
    switch = Switch(ground, tmp_path, limits='max_size = "0B"\nhard_limit = 0\n')
    switch("status")
    needs(switch, ground.live)
    done = switch("rotate")
    (told,) = map(json.loads, (switch.state / "forced.jsonl").read_text().splitlines())

    assert done.code == 1
    assert "are removed although an output may still need them" in done.err
    assert ground.rotated() == []
    assert told["path"].startswith(f"{ground.live}-")
    assert told["size"] > 0
    assert switch.look()["state"] == "on"


def test_what_is_off_is_not_rotated_but_the_past_is_cleared(ground: Ground, tmp_path: Path) -> None:
    switch = Switch(ground, tmp_path, limits='max_size = "0B"\n')
    old = ground.live.with_name("pacct.1")
    old.write_bytes(record())
    ground.account(None)
    assert switch("rotate").code == 1
    assert not old.exists()


def test_removing_makes_the_room_that_a_switch_takes(ground: Ground, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    switch = Switch(ground, tmp_path, small / "pacct", limits='max_size = "1MB"\n')
    switch.inside("mount", "-t", "tmpfs", "-o", "size=4m,mode=755", "small", small)
    assert switch("on").code == 0
    (tmp_path / "old").write_bytes(record() * (int(4 * 2**20 * 0.965) // 64))
    switch.inside("cp", tmp_path / "old", small / "pacct.1")
    before, done, after = switch.look(), switch("rotate"), switch.look()

    assert before["free_percent"] < before["resume_percent"]
    assert done.code == 0, done.err
    assert (after["state"], after["rotated_files"]) == ("on", 1)
    assert after["free_percent"] > 90
