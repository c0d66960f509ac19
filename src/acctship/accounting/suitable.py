"""Whether a file system is one to account to, and what is unwise about it."""

from __future__ import annotations

from pathlib import Path

from acctship.accounting.confinement import own_pid_namespace
from acctship.accounting.mounts import mount_of
from acctship.accounting.pausing import room
from acctship.errors import AccountingError

FILE_SYSTEMS = Path("/proc/filesystems")
_LOCAL = {"aufs", "jffs2", "overlay", "tmpfs", "ubifs", "zfs"}
"""File systems without a block device of their own that keep data all the same, on this machine."""


def refuse_unsuitable(folder: Path) -> None:
    """Refuse file systems on which every process that ends would wait for somebody else, or that keep no data.

    The kernel itself refuses procfs and sysfs only: it would even write to a cgroup.

    Raises:
        AccountingError: it is one of them.
        OSError: it cannot be looked at.
    """
    kind = mount_of(folder).kind
    if kind.startswith("fuse") or kind in _without_device() - _LOCAL:
        raise AccountingError(
            f"{folder}: is on {kind}, which is remote, or made by a program or the kernel: each process that ends "
            "would wait for it, or nothing would be kept: choose a folder on a local disk"
        )


def warnings(folder: Path) -> list[str]:
    """What is unwise about accounting to a file in this folder.

    Raises:
        OSError: it cannot be looked at.
    """
    said, mount = [], mount_of(folder)
    if not (space := room(folder)).enough:
        said.append(f"{folder}: {space}: make room")
    if mount.device == mount_of(Path("/")).device:
        said.append(f"{folder}: shares a file system with /: who fills that pauses accounting: give it one of its own")
    if mount.kind == "tmpfs":
        said.append(f"{folder}: is on tmpfs, in memory: its records are gone when the machine stops")
    if mount.kind == "overlay":
        said.append(f"{folder}: is on overlay: its records are gone with the container: mount a volume there")
    if own_pid_namespace():
        said.append(f"{folder}: this is a pid namespace of its own, a container: only its own processes are recorded")
    return said


def _without_device() -> set[str]:
    """Kinds of file system that the kernel marks `nodev` (proc_filesystems(5))."""
    lines = FILE_SYSTEMS.read_text("ascii").splitlines()
    return {line.split("\t")[1] for line in lines if line.startswith("nodev")}
