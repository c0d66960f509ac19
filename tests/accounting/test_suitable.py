"""Which file systems will do, and what is unwise about them."""

from __future__ import annotations

from pathlib import Path

import pytest

from acctship.accounting import suitable
from acctship.accounting.mounts import Mount, mount_of
from acctship.accounting.pausing import Room, Thresholds
from acctship.accounting.suitable import refuse_unsuitable, warnings
from acctship.errors import AccountingError


@pytest.mark.parametrize("folder", ["/proc", "/sys", "/dev/pts"])
def test_those_of_the_kernel_are_refused(folder: str) -> None:
    with pytest.raises(AccountingError, match=f"^{folder}: is on .*choose a folder on a local disk"):
        refuse_unsuitable(Path(folder))


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p", "fuse.sshfs", "fuseblk", "cgroup2"])
def test_remote_ones_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """A stand-in for servers: what counts is the mark of the kernel, and what is mounted."""
    listed = tmp_path / "filesystems"
    listed.write_text(
        "nodev\tnfs4\nnodev\tcifs\nnodev\t9p\nnodev\tcgroup2\nnodev\ttmpfs\nnodev\tzfs\n\text4\n\tfuseblk\n"
    )
    monkeypatch.setattr(suitable, "FILE_SYSTEMS", listed)
    monkeypatch.setattr(suitable, "mount_of", lambda _: Mount("1", "0:99", kind))
    with pytest.raises(AccountingError, match=f"is on {kind}, which is remote"):
        refuse_unsuitable(tmp_path)
    for local in ("ext4", "xfs", "btrfs", "tmpfs", "zfs", "overlay"):
        monkeypatch.setattr(suitable, "mount_of", lambda _, local=local: Mount("1", "0:99", local))
        refuse_unsuitable(tmp_path)


def test_warnings_of_each_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = mount_of(Path("/"))
    monkeypatch.setattr(suitable, "own_pid_namespace", lambda: False)
    monkeypatch.setattr(suitable, "room", lambda _: Room(500, 1000, 1, Thresholds()))
    monkeypatch.setattr(suitable, "mount_of", lambda path: root if path == Path("/") else Mount("1", "9:9", "ext4"))
    assert warnings(tmp_path) == []

    monkeypatch.setattr(suitable, "room", lambda _: Room(30, 1000, 1, Thresholds()))
    monkeypatch.setattr(suitable, "mount_of", lambda _: root)
    assert [warning.removeprefix(f"{tmp_path}: ") for warning in warnings(tmp_path)][:2] == [
        "3.0 % free: the kernel pauses accounting at 2 %, resumes at 4 %: make room",
        "shares a file system with /: who fills that pauses accounting: give it one of its own",
    ]
    monkeypatch.setattr(suitable, "mount_of", lambda path: root if path == Path("/") else Mount("1", "9:9", "tmpfs"))
    assert any("is on tmpfs, in memory" in warning for warning in warnings(tmp_path))
    monkeypatch.setattr(suitable, "mount_of", lambda path: root if path == Path("/") else Mount("1", "9:9", "overlay"))
    assert any("gone with the container" in warning for warning in warnings(tmp_path))
    monkeypatch.setattr(suitable, "own_pid_namespace", lambda: True)
    assert any("only its own processes are recorded" in warning for warning in warnings(tmp_path))
