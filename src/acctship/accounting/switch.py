"""acct(2): the one system call that switches accounting on, over to another file, and off.

It acts on the caller's pid namespace, and asks for a right that only the machine's own user namespace can give
(`capable(CAP_SYS_PACCT)` in `kernel/acct.c`).
"""

from __future__ import annotations

import ctypes
import errno
from pathlib import Path

from acctship.accounting.words import in_words
from acctship.errors import AccountingError


def account(descriptor: int | None, name: Path) -> None:
    """Have the kernel write to an open file from now on, without a gap; or to none.

    The file is named by its descriptor: what has taken its path meanwhile is not written to.

    Args:
        descriptor: of a regular file; None switches accounting off.
        name: of the file, for messages.

    Raises:
        AccountingError: the kernel refuses; nothing has changed.
    """
    if number := _acct(None if descriptor is None else b"/proc/self/fd/%d" % descriptor):
        raise AccountingError(f"{name}: {in_words(number)}")


def ask_permission(name: Path) -> None:
    """See that we may switch accounting, and switch nothing: acct(2) asks for the right before it looks for a file.

    Raises:
        AccountingError: we may not, or this kernel has no accounting.
    """
    if (number := _acct(b"")) in (errno.EPERM, errno.ENOSYS):
        raise AccountingError(f"{name}: {in_words(number)}")


def _acct(path: bytes | None) -> int:
    """Errno; 0 where it was done."""
    libc = ctypes.CDLL(None, use_errno=True)
    return ctypes.get_errno() if libc.acct(path) else 0
