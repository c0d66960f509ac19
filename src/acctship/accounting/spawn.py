"""A process that ends at once and is known by its name: the kernel's record of it proves that the kernel records."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path

NAME_BYTES = 15
"""What the kernel keeps of a process's name (`ac_comm` in acct(5), less the NUL behind it)."""


def spawn(name: bytes, folder: Path) -> int:
    """Run true(1) under another name, and wait for its end.

    The kernel writes the record of a process before its parent's wait returns: where accounting is on, the record is in
    the file when this returns. How the process ends does not matter: it has a record in any case.

    Args:
        name: for its record; up to `NAME_BYTES`, without NUL and slash. No file of that name may be in `folder`.
        folder: where a symbolic link of that name is made, for the moment.

    Returns:
        Its process id, in our own pid namespace.

    Raises:
        OSError: the link could not be made or removed, or the process not be started.
        ValueError: no process can have that name.
    """
    if not 0 < len(name) <= NAME_BYTES or b"\0" in name or b"/" in name:
        raise ValueError(f"no name of a process: {name!r}")
    program = shutil.which("true")
    if program is None:
        raise FileNotFoundError(errno.ENOENT, "no such program in PATH", "true")
    link = folder / os.fsdecode(name)
    link.symlink_to(program)
    try:
        # One program can serve as many, told apart by this word: its record has the link's name, not this one.
        pid = os.posix_spawn(link, ["true"], {}, setsigmask=())  # whatever a daemon holds back
        with suppress(ChildProcessError):  # where SIGCHLD is ignored: it has ended when this is raised
            os.waitpid(pid, 0)
    finally:
        link.unlink()
    return pid
