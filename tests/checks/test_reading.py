"""Whether the daemon's user may read the accounting file, what is beside it, and what rotation makes of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from acctship.accounting.rotators import NOBODY, Rotator
from acctship.checks.access import Person
from acctship.checks.reading import config_readable, readable, rotation
from tests.builders import record

WHO = Person("daemon", 4001, 4001, frozenset([4001, 4002]))


@pytest.fixture
def live(public: Path) -> Path:
    """An accounting file that the daemon's group may read."""
    path = public / "pacct"
    path.write_bytes(record())
    os.chown(path, 0, 4002)
    path.chmod(0o640)
    return path


def test_every_file_that_the_follower_reads_counts_whatever_its_name(live: Path) -> None:
    assert readable(live, WHO).finding == f"user daemon may read {live}"
    for name in ("pacct.1", "pacct of yesterday"):
        (live.parent / name).write_bytes(record())
        (live.parent / name).chmod(0o644)
    (live.parent / "pacct.link").symlink_to("/root/secret")
    assert readable(live, WHO).finding == f"user daemon may read {live} and 2 beside it"
    (live.parent / "pacct of yesterday").chmod(0o600)
    found = readable(live, WHO)
    assert (found.state, "may not read" in found.finding, "pacct of yesterday" in found.finding) == (
        "FAILED",
        True,
        True,
    )


def test_more_than_three_obstacles_are_counted(live: Path) -> None:
    for number in range(5):
        (live.parent / f"pacct.{number}").touch(0o600)
    found = readable(live, WHO)
    assert found.finding.count("may not read") == 3
    assert found.finding.endswith(" and 2 more")


def test_file_or_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    found = readable(tmp_path / "none" / "pacct", Person("root", 0, 0, frozenset([0])))
    assert (found.state, f"{tmp_path}/none: No such file or directory" in found.finding) == ("FAILED", True)


def test_configuration_of_root_alone_is_no_use_to_the_daemon(public: Path) -> None:
    path = public / "acctship.toml"
    path.touch(0o644)
    assert config_readable([path], WHO).state == "ok"
    path.chmod(0o600)
    found = config_readable([path], WHO)
    assert (found.state, found.exit_code, f"chgrp acctship {path}" in found.finding) == ("FAILED", 3, True)


def test_exactly_one_rotates_and_what_it_makes_can_be_read(live: Path) -> None:
    keeps, makes = Rotator("one"), Rotator("two", mode=0o640, uid=0, gid=4001)
    assert [one.state for one in rotation(live, WHO, [keeps])] == ["ok", "ok"]
    assert [one.state for one in rotation(live, WHO, [makes])] == ["ok", "ok"]
    assert [one.state for one in rotation(live, WHO, [])] == ["warn"]
    both = rotation(live, WHO, [keeps, makes])
    assert (both[0].state, "one and two" in both[0].finding) == ("warn", True)


def test_what_rotation_makes_unreadable_or_nobody_knows_is_told(live: Path) -> None:
    (_, shut) = rotation(live, WHO, [Rotator("one", mode=0o600)])
    assert (shut.state, "mode 0600" in shut.finding) == ("FAILED", True)
    (_, nobody) = rotation(live, WHO, [Rotator("one", mode=0o640, gid=NOBODY)])
    assert (nobody.state, "group unknown" in nobody.finding) == ("FAILED", True)
    (_, unknown) = rotation(live, WHO, [Rotator("one", known=False)])
    assert (unknown.state, "it cannot be told" in unknown.finding) == ("warn", True)
    assert len(rotation(live.with_name("missing"), WHO, [Rotator("one")])) == 1, "that it is missing is told elsewhere"
