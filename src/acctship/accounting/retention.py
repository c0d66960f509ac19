"""Rotated files go when they are old or too many, but none that an output still needs, unless a limit forces it."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from acctship.accounting.forced import tell_forced
from acctship.accounting.limits import Limits
from acctship.accounting.needed import Needs, read_needs
from acctship.accounting.place import Tell
from acctship.accounting.retain import FORMAT, Forced
from acctship.accounting.rotated import family, why_no_records
from acctship.errors import AccountingError
from acctship.events.escape import escape

File = tuple[Path, os.stat_result]


class Plan(NamedTuple):
    """What is to become of rotated files above the limits, each oldest first.

    Attributes:
        free: go, for nobody needs them.
        forced: go although they are needed.
        held: stay because they are needed.
    """

    free: list[File]
    forced: list[File]
    held: list[File]


class Retained(NamedTuple):
    """What became of them.

    Attributes:
        removed: how many went.
        forced: how many of these were needed.
        failed: how many should have gone, and could not be removed.
    """

    removed: int
    forced: int
    failed: int


def plan(files: Sequence[File], needs: Needs, limits: Limits, now: float) -> Plan:
    """Choose what goes.

    Args:
        files: all rotated files, oldest first.
        needs: which of them are needed.
        limits: of age and size.
        now: seconds since 1970.
    """
    total, made = sum(status.st_size for _, status in files), Plan([], [], [])
    for path, status in files:
        if now - status.st_mtime > limits.max_age or total > limits.max_size:
            if needs.wants(path, status):
                made.held.append((path, status))
            else:
                made.free.append((path, status))
                total -= status.st_size
    while limits.hard_limit is not None and total > limits.hard_limit and made.held:
        made.forced.append(made.held.pop(0))
        total -= made.forced[-1][1].st_size
    return made


def retire(live: Path, state: Path, limits: Limits, tell: Tell, keep: Collection[Path] = ()) -> Retained:
    """Remove rotated files above the limits.

    Args:
        live: the accounting file. It stays, and so does what is beside it and holds no records.
        state: the daemon's folder, which says what is needed.
        limits: of age and size.
        tell: called with what is left alone, what is forced, and what fails.
        keep: files that the kernel writes to.

    Raises:
        OSError: the folder cannot be read.
    """
    needs, now = read_needs(state, live), time.time()
    free, forced, held = plan(_rotated(live, keep, tell), needs, limits, now)
    gone = sum(_remove(path, tell) for path, _ in free)
    sacrificed = sum(_tell_forced(one, state, limits, tell) and _remove(one[0], tell) for one in forced)
    if held:
        size = sum(status.st_size for _, status in held)
        why = needs.unknown or "an output may still need them"
        tell(f"{live.parent}: rotated files that stay above the limits: {len(held)}, of {size} bytes: {why}")
    return Retained(gone + sacrificed, sacrificed, len(free) + len(forced) - gone - sacrificed)


def _rotated(live: Path, keep: Collection[Path], tell: Tell) -> list[File]:
    """Rotated accounting files, oldest first."""
    found = []
    for path, status in family(live).items():
        if path == live or path in keep or not status.st_size:
            continue
        if why := why_no_records(path):
            tell(f"{path}: is left alone: {why}")
        else:
            found.append((path, status))
    return sorted(found, key=lambda one: (one[1].st_mtime_ns, one[0]))


def _tell_forced(file: File, state: Path, limits: Limits, tell: Tell) -> bool:
    path, size = escape(os.fsencode(file[0])), file[1].st_size
    reason = f"rotated files are above [accounting] hard_limit, {limits.hard_limit} bytes"
    try:
        tell_forced(state, Forced(FORMAT, time.time(), path, size, reason))
    except AccountingError as error:
        tell(str(error))
        return False
    tell(f"{path}: {size} bytes are removed although an output may still need them: {reason}")
    return True


def _remove(path: Path, tell: Tell) -> bool:
    try:
        path.unlink()
    except OSError as error:
        tell(f"{path}: cannot be removed: {error.strerror}")
        return False
    return True
