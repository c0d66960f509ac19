"""Run the installed console script as a user does, on accounting files of a few records."""

from __future__ import annotations

import ctypes
import json
import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.builders import BTIME, record

ACCTSHIP = Path(sys.executable).parent / "acctship"
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2  # prctl(2), capabilities(7)


_RUNBOOK = re.compile(r" \(docs/runbook\.md#[a-z-]+\)$")


class Done(NamedTuple):
    code: int
    out: bytes
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> str:
        """The one line on standard error, less where the runbook tells what to do; any other line fails the test."""
        (line,) = self.err.splitlines()
        assert line.startswith("acctship: ")
        return _RUNBOOK.sub("", line.removeprefix("acctship: "))


def acctship(
    *arguments: str | Path,
    stdin: bytes | int = b"",
    stdout: int | None = None,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    before: Callable[[], object] | None = None,
) -> Done:
    """Run it to its end.

    Args:
        arguments: of the command line.
        stdin: bytes, or a descriptor.
        stdout: a descriptor; without it, what is written is returned.
        environment: added to a bare one, in which NO_COLOR and PYTHONPATH of the caller have no say.
        cwd: working directory.
        before: runs in the child before the program.
    """
    done = subprocess.run(
        [ACCTSHIP, *arguments],
        input=stdin if isinstance(stdin, bytes) else None,
        stdin=None if isinstance(stdin, bytes) else stdin,
        stdout=subprocess.PIPE if stdout is None else stdout,
        stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **(environment or {})},
        cwd=cwd,
        preexec_fn=before,
        timeout=60,
        check=False,
    )
    return Done(done.returncode, done.stdout or b"", done.stderr.decode())


def heed_permissions() -> None:
    """For `before`: go on without root's power to read and write what permissions forbid; others have none anyhow."""
    libc = ctypes.CDLL(None)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        libc.prctl(PR_CAPBSET_DROP, capability)


def accounting(count: int) -> bytes:
    """An accounting file of some records, each with a pid of its own."""
    return b"".join(record(pid=1 + index, btime=BTIME + index) for index in range(count))


class Screen(NamedTuple):
    """What a run under a terminal left behind: its standard output and error there, or one of them in a pipe."""

    code: int
    terminal: bytes
    piped: bytes


def on_terminal(
    *arguments: str | Path, pipe: int | None = None, environment: Mapping[str, str] | None = None
) -> Screen:
    """Run it with a terminal for standard input, output and error, but for descriptor `pipe` (1 or 2)."""
    ours, theirs = pty.openpty()
    with _pipe() as (reader, writer):
        with subprocess.Popen(
            [ACCTSHIP, *arguments],
            stdin=theirs,
            stdout=writer if pipe == 1 else theirs,
            stderr=writer if pipe == 2 else theirs,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm-256color", **(environment or {})},
        ) as process:
            os.close(theirs)
            os.close(writer)
            seen = _read_to_ends(ours, reader)
        os.close(ours)
    return Screen(process.returncode, seen[ours], seen[reader])


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    try:
        yield reader, writer
    finally:
        os.close(reader)


def _read_to_ends(*descriptors: int) -> dict[int, bytes]:
    seen = {descriptor: bytearray() for descriptor in descriptors}
    left = set(descriptors)
    while left:
        for descriptor in select.select(left, [], [])[0]:
            try:
                data = os.read(descriptor, 65536)
            except OSError:  # how Linux says that nobody has the terminal open any more
                data = b""
            seen[descriptor] += data
            if not data:
                left.discard(descriptor)
    return {descriptor: bytes(data) for descriptor, data in seen.items()}
