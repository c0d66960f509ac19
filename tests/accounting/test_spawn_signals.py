"""A daemon holds signals back; the process that it starts does not inherit that."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from acctship.accounting.spawn import spawn
from acctship.cli.signals import HEEDED


def test_no_signal_is_held_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "true"
    program.write_text(f"#!/bin/sh\n/bin/grep SigBlk /proc/self/status > {tmp_path}/held\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HEEDED)
    try:
        spawn(b"canary", tmp_path)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert int((tmp_path / "held").read_text().split()[1], 16) == 0
