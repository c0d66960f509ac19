"""The state folder itself: made if need be, not mistaken for another, used by one process at a time."""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import suppress
from pathlib import Path

from acctship.delivery.keeping import documents
from acctship.errors import StateError
from acctship.events.escape import escape

CURSORS, DEAD_LETTERS = "cursors", "deadletter"
_OURS = {"identity.json", "segments.json", "outputs.json", "health.jsonl", CURSORS, DEAD_LETTERS}
_NO_MATTER = re.compile(
    r"lock|status\.json|retain\.json|forced\.jsonl(\.taken)?|canary\.json|canary[a-z2-7]{9}"
    r"|lost\+found|\..*\.new|.*\.lost-[0-9]+"
)


def make(directory: Path) -> None:
    """Make the folder, unless it is there.

    Raises:
        StateError: it could not be made, or is a folder with other things in it.
    """
    try:
        documents.make_folder(directory)
        names = {path.name for path in directory.iterdir()}
    except FileNotFoundError:
        raise StateError(f"{directory}: the folder around it does not exist: make it") from None
    except OSError as error:
        raise StateError(f"{directory}: cannot be used: {error.strerror}") from None
    foreign = sorted(name for name in names if not _NO_MATTER.fullmatch(name))
    if foreign and not names & _OURS:
        raise StateError(
            f"{directory}: holds {escape(os.fsencode(foreign[0]))}, and no state: is this the right folder?"
        )


def lock(directory: Path) -> int:
    """Keep other processes from using the folder, until the descriptor that this gives is closed.

    Raises:
        StateError: another one uses it.
    """
    path = directory / "lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
    except OSError as error:
        raise StateError(f"{path}: cannot be used: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        pid = os.pread(descriptor, 20, 0)
        os.close(descriptor)
        who = f"another acctship (pid {int(pid)})" if pid.strip().isdigit() else "another acctship"
        raise StateError(f"{directory}: {who} uses it: stop that one first") from None
    with suppress(OSError):  # the number is for people; a full disk shall not keep anybody from starting
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
    return descriptor


def in_use(directory: Path) -> bool | None:
    """Whether a process has the lock, told without taking it: who starts meanwhile must not be in the way.

    A process in another PID namespace than that of /proc is not seen (proc(5), "/proc/locks").

    Returns:
        None if that cannot be told here.
    """
    try:
        status = (directory / "lock").stat()
        held = Path("/proc/locks").read_text("ascii").splitlines()
    except FileNotFoundError:
        return False if Path("/proc/locks").exists() else None
    except OSError:
        return None
    pid = ""
    with suppress(OSError, UnicodeDecodeError):
        pid = (directory / "lock").read_text("ascii").strip()
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
    for line in held:
        _, kind, _, _, owner, file, *_ = line.replace("->", "").split()
        where, _, inode = file.rpartition(":")
        # Some file systems show another device than stat(2) does: then the process tells that it is this file.
        if kind == "FLOCK" and inode == str(status.st_ino) and (where == device or owner == pid):
            return True
    return False


def move_aside(path: Path) -> Path | None:
    """Rename a file to the first free NAME.lost-N; gives its new path, or None if there is no such file.

    Raises:
        OSError: it could not be renamed.
    """
    number = 1
    while (aside := path.with_name(f"{path.name}.lost-{number}")).exists():
        number += 1
    try:
        path.rename(aside)
    except FileNotFoundError:
        return None
    documents.sync_folder(path.parent)
    return aside
