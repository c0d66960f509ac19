"""Long output through a pager, as git does it."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from acctship.cli.terminal import OutputClosedError, is_terminal, say

_DEFAULTS = {"LESS": "FRX", "LV": "-c"}
"""Settings under which pagers show colour, and end at once where all fits on the screen (git's)."""


@contextmanager
def paged() -> Iterator[None]:
    """Send standard output through $ACCTSHIP_PAGER, $PAGER or less, where it is a terminal; `cat`, or nothing, is none.

    Who leaves the pager before the end has seen enough: that is no error.
    """
    pager = _start() if is_terminal(1) else None
    if pager is None or pager.stdin is None:
        yield
        return
    terminal = os.dup(1)
    os.dup2(pager.stdin.fileno(), 1)
    pager.stdin.close()
    try:
        yield
    except OutputClosedError:
        pass
    finally:
        os.dup2(terminal, 1)  # the pager now sees the end
        os.close(terminal)
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is the pager's now
        pager.wait()
        signal.signal(signal.SIGINT, before)


def _start() -> subprocess.Popen[bytes] | None:
    environment = os.environ
    wanted = environment.get("ACCTSHIP_PAGER", environment.get("PAGER"))
    words = shlex.split("less" if wanted is None else wanted)
    if words in ([], ["cat"]):
        return None
    try:
        return subprocess.Popen(words, stdin=subprocess.PIPE, env={**_DEFAULTS, **environment})  # noqa: S603 - the user's
    except OSError as error:
        if wanted is not None:
            say(f"pager {words[0]}: {error.strerror}: printing without it")
        return None
