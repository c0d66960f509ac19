"""The accounting file and its folder, made where they are missing."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from acctship.accounting import ownership
from acctship.accounting.rotated import why_no_records
from acctship.errors import AccountingError, InputError
from acctship.records.system import SYSTEM_FILES, system_file

Tell = Callable[[str], None]
"""Called with a line for the person at the terminal, or in the journal."""


def default_file() -> Path:
    """This system's own accounting file; where there is none yet, the one that its GNU acct would make."""
    try:
        return system_file()
    except InputError:
        return next((path for path in reversed(SYSTEM_FILES) if path.parent.exists()), SYSTEM_FILES[0])


def make_folder(folder: Path, gid: int, tell: Tell) -> None:
    """See that the folder is there, and that nobody but root can swap its files.

    Raises:
        AccountingError: somebody could.
        OSError: it cannot be made or looked at.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, 0, gid)
        folder.chmod(ownership.FOLDER_MODE)  # whatever the umask
        tell(f"{folder}: made, {ownership.owner(folder.stat())} {ownership.mode(folder.stat())}")
    ownership.refuse_shared(folder)
    if not ownership.may_look_in(folder.stat(), gid):
        group = ownership.group_name(gid)
        tell(f"{folder}: group {group} may not look into it: chgrp {group} {folder}; chmod g+rx {folder}")


def open_live(path: Path, gid: int, tell: Tell) -> int:
    """A descriptor of the accounting file: made if it is missing, and root's, readable by a group, in any case.

    Raises:
        AccountingError: it is no regular file, or holds something else.
        OSError: it cannot be made or mended.
    """
    with suppress(FileExistsError):
        descriptor = open_fresh(path, 0, gid)
        tell(f"{path}: made, {_described(descriptor)}")
        return descriptor
    # Without O_NONBLOCK, a pipe would have us wait for its writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EISDIR if stat.S_ISDIR(status.st_mode) else errno.ENXIO, "", str(path))
        if status.st_size and (why := why_no_records(path)):
            raise AccountingError(f"{path}: {why}: nothing is appended to that: name another file")
        if not ownership.is_mended(status, gid):
            before = _described(descriptor)
            os.fchown(descriptor, 0, gid)
            os.fchmod(descriptor, ownership.FILE_MODE)
            tell(f"{path}: was {before}, is {_described(descriptor)} now")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_fresh(path: Path, uid: int, gid: int) -> int:
    """Make an empty accounting file; gives a descriptor of it.

    Raises:
        OSError: something is there already, or it cannot be made.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.fchown(descriptor, uid, gid)
        os.fchmod(descriptor, ownership.FILE_MODE)
    except BaseException:
        os.close(descriptor)
        path.unlink()
        raise
    return descriptor


def _described(descriptor: int) -> str:
    status = os.fstat(descriptor)
    return f"{ownership.owner(status)} {ownership.mode(status)}"
