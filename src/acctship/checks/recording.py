"""Does the kernel record now, and will it have the room to?"""

from __future__ import annotations

from pathlib import Path

from acctship.accounting.pausing import Room, room
from acctship.accounting.status import look
from acctship.checks.finding import Finding, failed, ok, warn


def recording(path: Path) -> Finding:
    """Let a process end, and look for its record: the kernel writes it before a parent learns of the end."""
    check, found = "recording", look(path)
    if found.state == "on":
        return ok(check, f"accounting is on: {found.why}")
    if found.state == "unknown":
        return warn(check, f"it cannot be told whether accounting is on: {found.why}", "ask as root")
    since = f"; the last record is of {found.last_record}" if found.last_record else ""
    return failed(
        check, f"accounting is {found.state}: {found.why}{since}", "switch it on: `acctship accounting on`, as root"
    )


def space(path: Path) -> Finding:
    """Free space where the accounting file lies, beside the shares at which the kernel pauses and goes on: acct(5)."""
    try:
        there = room(path.parent)
    except OSError as error:
        return warn("free space", f"it cannot be told whether there is room for records: {error}", "ask as root")
    return judged(path, there)


def judged(path: Path, there: Room) -> Finding:
    """What free space of the file system of a path means."""
    check, kernel = "free space", there.kernel
    free = f"{there.percent:.1f} % of the file system of {path} is free"
    what = f"{free}; the kernel pauses accounting at {kernel.suspend} %"
    if there.percent <= kernel.suspend:
        return failed(check, what, f"make room: it goes on above {kernel.resume} %")
    if not there.enough:
        return warn(check, what, f"make room: once paused, it goes on above {kernel.resume} % only")
    return ok(check, what)
