"""Files in a folder of another user, who could put anything there, used by root."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def opened(path: Path | str, flags: int, folder: int | None = None) -> Iterator[int]:
    """A descriptor of a regular file with one name: no link is followed, and no pipe waited for.

    Args:
        path: of the file.
        flags: of open(2).
        folder: descriptor of the folder that `path` is relative to.

    Raises:
        OSError: it cannot be opened, or is something else.
    """
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o640, dir_fd=folder)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
            raise OSError(0, "is no regular file of its own")
        yield descriptor
    finally:
        os.close(descriptor)
