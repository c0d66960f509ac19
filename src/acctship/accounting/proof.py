"""Is accounting really on? The kernel cannot be asked, so a process ends, and its record is looked for."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from acctship.accounting.rotated import family
from acctship.accounting.spawn import NAME_BYTES, spawn
from acctship.errors import AccountingError

_PREFIX = b"acctship-"
_PART = 1 << 20
_Inode = tuple[int, int]


def written_files(live: Path) -> frozenset[Path]:
    """Which files the kernel writes to, of the live one and those beside it that were live once.

    It is one at most, but in a container, whose processes the host may record, too.

    A process of a one-time name, `acctship-` and six digits, is started: its record is the proof. Who rotates the file
    meanwhile does not matter.

    Args:
        live: the accounting file. It need not exist.

    Raises:
        AccountingError: the files cannot be looked at, or no process be started.
    """
    name = _PREFIX + secrets.token_hex((NAME_BYTES - len(_PREFIX)) // 2).encode()
    found = set()
    try:
        before = {_inode(status): status.st_size for status in family(live).values()}
        run = Path("/run")  # at an early boot, /tmp is not there yet
        with tempfile.TemporaryDirectory(prefix="acctship-", dir=run if os.access(run, os.W_OK) else None) as folder:
            spawn(name, Path(folder))
        for path, status in family(live).items():
            size = before.get(_inode(status), 0)
            if size > status.st_size:  # somebody has cut it
                size = 0
            if status.st_size > size and _holds(path, name, size):
                found.add(path)
    except OSError as error:
        where = error.filename or live
        raise AccountingError(f"{where}: whether accounting is on cannot be told: {error.strerror}: be root") from None
    return frozenset(found)


def _holds(path: Path, name: bytes, position: int) -> bool:
    """Whether a name is behind a position of a file. If that may not be read: that it has grown is all to go by."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except PermissionError:
        return True
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        file.seek(position)
        kept = b""
        while part := file.read(_PART):
            if name in kept + part:
                return True
            kept = part[-NAME_BYTES:]
    return False


def _inode(status: os.stat_result) -> _Inode:
    return status.st_dev, status.st_ino
