"""Is accounting on, where to, and how well is that place chosen? No right is needed but to read the file."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from msgspec import Struct

from acctship.accounting import ownership
from acctship.accounting.mounts import mount_of
from acctship.accounting.pausing import Room, room
from acctship.accounting.proof import written_files
from acctship.accounting.rotated import family
from acctship.accounting.rotators import rotators
from acctship.accounting.suitable import warnings
from acctship.errors import AccountingError, InputError
from acctship.events.escape import escape, escape_line
from acctship.records import BackwardReader

State = Literal["on", "off", "paused", "unknown"]


class Status(Struct):
    """What is known of accounting to one file. None: not known, or there is no such thing.

    Attributes:
        state: `on`: a process that has just ended has its record. `paused`: it has none, and there is less free space
            than the kernel wants. `off`: it has none. `unknown`: it cannot be told.
        why: what that is concluded from, in words.
        file: the accounting file.
        size: of it in bytes.
        owner: of it, as `root:acctship`.
        mode: of it, as `0640`.
        last_record: when the process of its last record ended, in UTC, before we looked.
        rotated_files: how many files beside it were live once.
        rotated_bytes: of all of them.
        rotated_by: who rotates it; more than one is too many.
        file_system: its kind, as `ext4`.
        free_percent: free space there.
        free_bytes: the same.
        pause_percent: free space at which the kernel pauses.
        resume_percent: free space at which it goes on.
        warnings: what is unwise about the place.
    """

    state: State
    why: str
    file: str
    size: int | None = None
    owner: str | None = None
    mode: str | None = None
    last_record: str | None = None
    rotated_files: int = 0
    rotated_bytes: int = 0
    rotated_by: list[str] = []
    file_system: str | None = None
    free_percent: float | None = None
    free_bytes: int | None = None
    pause_percent: int | None = None
    resume_percent: int | None = None
    warnings: list[str] = []


def look(live: Path) -> Status:
    """Look at accounting to this file."""
    found = Status("unknown", "", escape(os.fsencode(live)), rotated_by=[one.name for one in rotators(live)])
    space = None
    try:
        space = room(live.parent)
        found.file_system = mount_of(live.parent).kind
        found.free_percent, found.free_bytes = round(space.percent, 1), space.free_bytes
        found.pause_percent, found.resume_percent = space.kernel.suspend, space.kernel.resume
        found.warnings = list(map(escape_line, warnings(live.parent)))
        _look_at_files(live, found)
    except OSError:
        pass  # the folder is not there, or shut: what follows says so
    found.state, why = _state(live, space, exists=found.size is not None)
    found.why = escape_line(why)
    return found


def _state(live: Path, space: Room | None, *, exists: bool) -> tuple[State, str]:
    try:
        written = written_files(live)
    except AccountingError as error:
        return "unknown", str(error)
    if live in written:
        return "on", "a process that has just ended has its record there"
    if written:
        return "on", f"but to {min(written)}, which was renamed: acctship accounting rotate switches over"
    if space and not space.enough:
        return "paused", f"{space} (or it is off)"
    if not exists:
        return "off", "there is no file of that name (or the kernel writes to another one)"
    return "off", "a process that has just ended has no record there (or the kernel writes to another file)"


def _look_at_files(live: Path, found: Status) -> None:
    files = family(live)
    status = files.pop(live, None)
    found.rotated_files, found.rotated_bytes = len(files), sum(one.st_size for one in files.values())
    if status:
        found.size, found.owner, found.mode = status.st_size, ownership.owner(status), ownership.mode(status)
        found.last_record = _last_record(live)


def _last_record(live: Path) -> str | None:
    try:
        with BackwardReader(live, batch_records=1) as reader:
            for batch in reader:
                return datetime.fromtimestamp(int(batch.end_seconds()[0]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except InputError:
        pass
    return None
