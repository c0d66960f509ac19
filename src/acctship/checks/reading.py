"""May the daemon's user read the accounting file: now, with the files beside it, and after the next rotation?"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from acctship.accounting.ownership import group_name
from acctship.accounting.rotated import beside
from acctship.accounting.rotators import TIMER, Rotator
from acctship.checks.access import READ, SEARCH, Person, allows, obstacle
from acctship.checks.finding import Finding, failed, ok, warn
from acctship.errors import ConfigError

_SHOWN = 3
GROUP = "acctship"


def readable(path: Path, who: Person) -> Finding:
    """The live file, its folder, and its siblings."""
    check = "readable"
    found = [obstacle(path, who, READ), obstacle(path.parent, who, READ | SEARCH)]
    siblings: list[Path] = []
    with suppress(OSError):  # the folder has been looked at
        siblings = sorted(map(Path, beside(path)))
    found += [obstacle(one, who, READ) for one in siblings]
    obstacles = list(dict.fromkeys(one for one in found if one))
    if not obstacles:
        others = f" and {len(siblings)} beside it" if siblings else ""
        return ok(check, f"user {who.name} may read {path}{others}")
    more = f" and {len(obstacles) - _SHOWN} more" if len(obstacles) > _SHOWN else ""
    return failed(
        check,
        "; ".join(obstacles[:_SHOWN]) + more,
        f"let the group {GROUP} read: chgrp {GROUP} FILE; chmod 0640 FILE; a folder needs mode 0750",
    )


def config_readable(paths: Sequence[Path], who: Person) -> Finding:
    """The configuration: whoever asks has read it, which says nothing about the daemon."""
    check = "configuration readable"
    for path in paths:
        if found := obstacle(path, who, READ):
            return failed(check, ConfigError(f"{found}: chgrp {GROUP} {path}; chmod 0640 {path}"))
    return ok(check, f"user {who.name} may read it")


def rotation(path: Path, who: Person, rotators: Sequence[Rotator]) -> list[Finding]:
    """Exactly one rotator, and the file that it makes can be read."""
    found = [_one_rotator(path, rotators)]
    for one in rotators:
        finding = _after(path, who, one)
        if finding is not None:
            found.append(finding)
    return found


def _one_rotator(path: Path, rotators: Sequence[Rotator]) -> Finding:
    names = " and ".join(one.name for one in rotators)
    if len(rotators) == 1:
        return ok("rotation", f"by {names}")
    if rotators:
        return warn("rotation", f"{path} is rotated by {names}", "leave one of them, and switch the others off")
    return warn(
        "rotation", f"nobody rotates {path}: it grows for ever", f"systemctl enable --now {TIMER}, or set up logrotate"
    )


def _after(path: Path, who: Person, rotator: Rotator) -> Finding | None:
    check = "readable after rotation"
    if not rotator.known:
        advice = f"see that it makes the next one for the group {GROUP}: `create 0640 root {GROUP}` in logrotate"
        return warn(check, f"{rotator.name}: it cannot be told who may read the file that it makes", advice)
    try:
        now = path.stat()
    except OSError:  # that has been told
        return None
    mode = stat.S_IMODE(now.st_mode) if rotator.mode is None else rotator.mode
    uid = now.st_uid if rotator.uid is None else rotator.uid
    gid = now.st_gid if rotator.gid is None else rotator.gid
    what = (
        f"{rotator.name} makes the next file of mode {mode:04o} and group {group_name(gid) if gid >= 0 else 'unknown'}"
    )
    if allows(mode, uid, gid, who, READ):
        return ok(check, f"{what}: user {who.name} may read it")
    return failed(check, f"{what}: user {who.name} may not read it", f"let it make it with `create 0640 root {GROUP}`")
