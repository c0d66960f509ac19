"""One command at a time changes where the kernel writes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from acctship.accounting.place import Tell


@contextmanager
def alone(live: Path, tell: Tell) -> Iterator[None]:
    """Keep other `acctship accounting` commands from an accounting file; one that is at work is waited for.

    The lock is `.pacct.lock` beside the file. Who may open it could hold it for ever: that is root alone.

    Raises:
        OSError: it cannot be used.
    """
    path = live.with_name(f".{live.name}.lock")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell(f"{live}: another acctship accounting is at work: waiting for it")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
