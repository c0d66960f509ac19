"""What somebody may do with a file, told from its mode, owners and ACL, and beside it what the kernel says."""

from __future__ import annotations

import os
import struct
import subprocess
from itertools import product
from pathlib import Path

import pytest

from acctship.checks.access import READ, SEARCH, WRITE, Person, allows, obstacle, person
from acctship.errors import InputError
from tests.conftest import skip

WHO = Person("daemon", 4001, 4001, frozenset([4001, 4002]))
ASKED = {READ: "-r", WRITE: "-w"}
ACL = "system.posix_acl_access"


def kernel_says(path: Path, wanted: int) -> bool:
    """Have access(2) asked by a process of that user."""
    done = subprocess.run(
        ["/usr/bin/test", ASKED[wanted], path],
        user=WHO.uid,
        group=WHO.gid,
        extra_groups=sorted(WHO.gids - {WHO.gid}),
        check=False,
    )
    return done.returncode == 0


@pytest.mark.parametrize("owner", [0, WHO.uid])
@pytest.mark.parametrize("group", [0, 4001, 4002])
def test_mode_and_groups_are_read_as_the_kernel_reads_them(public: Path, owner: int, group: int) -> None:
    path = public / "file"
    path.touch()
    os.chown(path, owner, group)
    for mode, wanted in product((0o000, 0o600, 0o640, 0o644, 0o040, 0o004, 0o460, 0o466), ASKED):
        path.chmod(mode)
        assert (obstacle(path, WHO, wanted) is None) == kernel_says(path, wanted), f"{mode:o} {wanted}"


def entries(mask: int, *named: tuple[int, int, int]) -> bytes:
    """An ACL as the kernel keeps it: linux/posix_acl_xattr.h."""
    rows = [(0x01, 6, 0xFFFFFFFF), *named, (0x04, 0, 0xFFFFFFFF), (0x10, mask, 0xFFFFFFFF), (0x20, 0, 0xFFFFFFFF)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *row) for row in sorted(rows, key=lambda row: row[0]))


@pytest.mark.parametrize("mask", [0, 4, 6])
@pytest.mark.parametrize(
    "named",
    [
        [(0x02, 4, WHO.uid)],
        [(0x02, 0, WHO.uid), (0x08, 6, 4002)],
        [(0x08, 4, 4002)],
        [(0x08, 2, 4001), (0x08, 4, 4002)],
        [(0x08, 6, 4999)],
    ],
)
def test_acl_is_read_as_the_kernel_reads_it(public: Path, mask: int, named: list[tuple[int, int, int]]) -> None:
    path = public / "file"
    path.touch(0o600)
    try:
        os.setxattr(path, ACL, entries(mask, *named))
    except OSError as error:
        skip(f"no ACL can be set in {public}: {error}: set TMPDIR to a folder on ext4, xfs or tmpfs with ACLs")
    for wanted in ASKED:
        assert (obstacle(path, WHO, wanted) is None) == kernel_says(path, wanted), f"{wanted}"


@pytest.mark.parametrize(("mode", "entered"), [(0o755, True), (0o750, False), (0o711, True), (0o744, False)])
def test_folder_on_the_way_has_to_let_enter(public: Path, mode: int, entered: bool) -> None:
    path = public / "inner" / "file"
    path.parent.mkdir()
    path.touch(0o644)
    path.parent.chmod(mode)
    assert kernel_says(path, READ) == entered
    found = obstacle(path, WHO, READ)
    assert found == (None if entered else f"user daemon may not enter {path.parent}, which is root:root {mode:04o}")


def test_link_leads_through_the_folders_of_both_sides(public: Path) -> None:
    hidden, link = public / "hidden", public / "link"
    hidden.mkdir()
    (hidden / "file").touch(0o644)
    link.symlink_to(hidden / "file")
    assert obstacle(link, WHO, READ) is None
    hidden.chmod(0o700)
    assert f"may not enter {hidden}" in (obstacle(link, WHO, READ) or "")


def test_what_is_wanted_together_has_to_be_allowed_together(public: Path) -> None:
    public.chmod(0o755)
    assert obstacle(public, WHO, READ | SEARCH) is None
    assert "may not read and write to and enter" in (obstacle(public, WHO, READ | WRITE | SEARCH) or "")


def test_root_may_and_what_is_missing_is_said() -> None:
    assert allows(0, 4001, 4001, person(0), READ | WRITE)
    assert obstacle(Path("/nonexistent/file"), WHO, READ) == "/nonexistent: No such file or directory"


def test_user_by_name_and_by_number() -> None:
    assert person("root") == person(0)
    assert person(4_000_000_001) == Person("4000000001", 4_000_000_001, 4_000_000_001, frozenset([4_000_000_001]))
    with pytest.raises(InputError, match="no user nobody-of-this-name"):
        person("nobody-of-this-name")
