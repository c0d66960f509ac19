"""A daemon holds signals back; the process that it starts does not inherit that."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from acctship.accounting.spawn import spawn
from acctship.cli.signals import HEEDED


def test_no_signal_is_held_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "true"
    program.write_text(  # in Python: a shell lets go of what it inherits
        f"#!{sys.executable}\n"
        "import signal\n"
        "from pathlib import Path\n"
        f"Path({str(tmp_path / 'held')!r}).write_text(repr(signal.pthread_sigmask(signal.SIG_BLOCK, [])))\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HEEDED)
    try:
        spawn(b"canary", tmp_path)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert (tmp_path / "held").read_text() == "set()"
