"""Does the kernel record now, and will it have the room to?"""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from acctship.checks.finding import Finding, failed, ok, warn

SETTINGS = Path("/proc/sys/kernel/acct")
_RECORD = 48
"""Bytes of the shortest record of any layout that a kernel may write while we look."""


def recording(path: Path) -> Finding:
    """Let a process end, and see whether the file grows: the kernel writes a record before a parent learns of it."""
    check = "recording"
    try:
        before = path.stat()
        subprocess.run(["/bin/true"], check=True, capture_output=True)
        after = path.stat()
    except OSError as error:
        return warn(
            check, f"it cannot be told whether accounting is on: {error.filename}: {error.strerror}", "ask as root"
        )
    if after.st_size - before.st_size >= _RECORD or (after.st_ino, after.st_dev) != (before.st_ino, before.st_dev):
        return ok(check, f"accounting is on: {path} grew as a process ended")
    ago = max(0, int(time.time() - before.st_mtime))
    what = f"accounting is off, or writes to another file: no record of a process that ended just now is in {path}"
    return failed(check, f"{what}; it was last written {ago} s ago", "switch it on: `acctship accounting on`, as root")


def space(path: Path, settings: Path = SETTINGS) -> Finding:
    """Free space beside the shares below which the kernel pauses accounting, and above which it goes on: acct(5).

    Args:
        path: of the accounting file.
        settings: the kernel's, three numbers: resume, suspend, seconds between two looks (proc(5)).
    """
    check = "free space"
    try:
        resume, suspend = map(int, settings.read_text("ascii").split()[:2])
        there = os.statvfs(path)
    except (OSError, ValueError) as error:
        return warn(check, f"it cannot be told whether there is room for records: {error}", "ask as root")
    share = 100 * there.f_bavail / max(1, there.f_blocks)
    what = f"{share:.1f} % of the file system of {path} is free; the kernel pauses accounting at {suspend} %"
    if share <= suspend:
        return failed(check, what, f"make room: it goes on above {resume} %")
    if share <= resume:
        return warn(check, what, f"make room: once paused, it goes on above {resume} % only")
    return ok(check, what)
