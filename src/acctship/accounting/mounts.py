"""What is mounted where the accounting file is (proc_pid_mountinfo(5))."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from acctship.errors import AccountingError

FIRST_PROCESS = Path("/proc/1/mountinfo")


class Mount(NamedTuple):
    """A mount.

    Attributes:
        number: of it; each mount namespace has its own.
        device: `major:minor` of the file system; subvolumes of one have the same.
        kind: `ext4`, `nfs4`, `fuse.sshfs`; `unknown` where /proc does not show it, as in some chroots.
    """

    number: str
    device: str
    kind: str


def mount_of(folder: Path) -> Mount:
    """What is mounted at a folder.

    Raises:
        OSError: the folder or /proc cannot be read.
    """
    descriptor = os.open(folder, os.O_PATH | os.O_CLOEXEC)
    try:
        info = Path(f"/proc/self/fdinfo/{descriptor}").read_text("ascii")
        device = os.fstat(descriptor).st_dev
    finally:
        os.close(descriptor)
    (number,) = [line.split()[1] for line in info.splitlines() if line.startswith("mnt_id:")]
    for fields in _mounts(Path("/proc/self/mountinfo")):
        if fields[0] == number:
            return Mount(number, fields[2], fields[fields.index("-") + 1])
    return Mount(number, f"{os.major(device)}:{os.minor(device)}", "unknown")


def refuse_private(folder: Path) -> None:
    """Refuse a mount that only we and our like see: when it goes with us, the kernel ends accounting, in silence.

    It is told by the mounts of the first process, which stay (`mnt_pin_kill` in `fs/namespace.c`).

    Raises:
        AccountingError: it is one.
        OSError: the folder cannot be looked at.
    """
    try:
        lasting = {fields[0] for fields in _mounts(FIRST_PROCESS)}
    except OSError:
        return  # it cannot be told
    if lasting and mount_of(folder).number not in lasting:
        raise AccountingError(
            f"{folder}: is seen through mounts of this process's own, such as a sandboxed service has (PrivateTmp=, "
            "ProtectSystem=), and accounting would end with them: nsenter --target 1 --mount acctship accounting ..."
        )


def _mounts(path: Path) -> list[list[str]]:
    return [line.split(" ") for line in path.read_text("utf-8", "surrogateescape").splitlines()]
