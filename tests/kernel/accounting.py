"""Real accounting by this machine's kernel, for the processes of one test alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from acctship.events.identity import Machine
from acctship.events.names import system_names
from acctship.events.normalize import Normalizer
from acctship.events.schema import Event
from acctship.events.source import Source
from acctship.records import Reader
from tests.conftest import skip
from tests.kernel.inside import UNAVAILABLE
from tests.schema import assert_valid_event

NOBODY, NOGROUP = 65534, 65533
"""Ids of nobody in particular; they differ, so that one cannot pass for the other."""


@dataclass(frozen=True)
class Recording:
    """What the kernel wrote while a command ran, and what is known of it from outside.

    Attributes:
        path: the accounting file.
        said: the words that the command printed.
        pid: its process id in its namespace.
        status: its wait status.
        began: a second before it started, and `ended`, after it did.
    """

    path: Path
    said: list[str]
    pid: int
    status: int
    began: int
    ended: int

    def events(self) -> list[Event]:
        """Events of the command and its children, in file order; without the record of who switched accounting off."""
        return decoded(self.path)[:-1]

    def event(self) -> Event:
        """The command's own event."""
        (own,) = (event for event in self.events() if event.process and event.process.pid == self.pid)
        return own


def record(folder: Path, command: Sequence[str], *, uid: int = 0, gid: int = 0) -> Recording:
    """Run a command with accounting on, in a pid namespace of its own."""
    if os.geteuid() != 0:
        skip("switching accounting on takes root")
    if not shutil.which("unshare"):
        skip("unshare is missing: install util-linux")
    path = folder / "pacct"
    path.touch()
    inside = [sys.executable, str(Path(__file__).with_name("inside.py")), str(path), str(uid), str(gid)]
    began = int(time.time())
    done = subprocess.run(
        ["unshare", "--pid", "--fork", "--mount-proc", *inside, *command],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,  # a terminal of whoever runs the tests is none of theirs
        check=False,
    )
    ended = int(time.time())
    if done.returncode == UNAVAILABLE or done.stderr.startswith("unshare: "):
        skip(f"the kernel does no accounting for us: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert path.stat().st_size, "the kernel wrote nothing: is the disk nearly full? (/proc/sys/kernel/acct)"
    *said, pid, status = done.stdout.split()
    return Recording(path, said, int(pid), int(status), began, ended)


def shell(script: str) -> list[str]:
    """A command that runs a shell script."""
    return ["/bin/sh", "-c", script]


def python(source: str) -> list[str]:
    """A command that runs Python code; it may use `os`, `ctypes` and `libc` without an import."""
    prelude = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    return [sys.executable, "-I", "-c", prelude + textwrap.dedent(source)]


def decoded(path: Path) -> list[Event]:
    """Every record of a file as an event that was shown to be valid."""
    normalizer = Normalizer(Source(id="test", machine=Machine(), path=str(path)), system_names())
    with Reader(path) as reader:
        return [assert_valid_event(line) for records in reader for line in normalizer.events(records).json()]
