"""What the system's errors mean where the accounting file is concerned, and what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from acctship.accounting.confinement import why_not_permitted
from acctship.errors import AccountingError

_WORDS = {
    errno.ENOSYS: "this kernel keeps no accounts: it was built without CONFIG_BSD_PROCESS_ACCT",
    errno.EACCES: "may not be used: be root, or see what SELinux or AppArmor says in the kernel log",
    errno.EISDIR: "is a folder: name a file in it",
    errno.EINVAL: "is on a file system of the kernel's own: choose a folder on a local disk",
    errno.EIO: "cannot be written, or its disk fails: see the kernel log",
    errno.ELOOP: "is a symbolic link, which somebody could turn elsewhere: name the file itself",
    errno.ENOENT: "does not exist, or the folder around it does not: make that",
    errno.ENOTDIR: "leads through a file that is no folder",
    errno.ENOSPC: "its file system is full: make room",
    errno.ENXIO: "is no regular file: name one",
    errno.EROFS: "is on a file system that is mounted read-only",
}


def in_words(number: int) -> str:
    """What an errno of acct(2), or of what is done to its file, means, and what to do."""
    if number == errno.EPERM:
        return why_not_permitted()
    return _WORDS.get(number) or os.strerror(number)


@contextmanager
def failures_in_words(path: Path) -> Iterator[None]:
    """Make an AccountingError of each OSError in the block.

    Args:
        path: what it is about, where the error does not say.
    """
    try:
        yield
    except OSError as error:
        where = path if error.filename is None else os.fsdecode(error.filename)
        what = in_words(error.errno) if error.errno else error.strerror or str(error)
        raise AccountingError(f"{where}: {what}") from None
