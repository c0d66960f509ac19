"""The state folder: sound, writable by the daemon's user, with room."""

from __future__ import annotations

import os
from pathlib import Path

from acctship import config
from acctship.checks.access import READ, SEARCH, WRITE, Person, obstacle, person
from acctship.checks.finding import Finding, failed, ok, warn
from acctship.checks.unit import as_in_unit
from acctship.delivery.keeping.state import State
from acctship.errors import AcctshipError, InputError
from acctship.events.identity import this_machine

LEAST_FREE = 128 << 20
"""Bytes: the health journal may take 10 MB and the dead letters of an output 100 MB."""
_DEFAULT_USER = "acctship"


def daemon_user(directory: Path, named: str | None) -> tuple[Person, Finding]:
    """Whom the daemon runs as: who was named, or the owner of its state, or `acctship`, or whoever asks.

    Raises:
        InputError: nobody has the name that was named.
    """
    if named is not None:
        who, why = person(named), "--user says so"
    elif directory.exists():
        who, why = person(directory.stat().st_uid), f"who owns {directory}"
    else:
        try:
            who, why = person(_DEFAULT_USER), "by name"
        except InputError:
            who, why = person(os.geteuid()), "who asks: there is no state folder yet"
    who = as_in_unit(who)
    return who, ok("user", f"the daemon runs as user {who.name}, {why}")


def state(settings: config.Config) -> Finding:
    """Whether its documents can be read, and which outputs it knows."""
    directory = Path(settings.state.directory)
    if not directory.exists():
        return ok("state", f"{directory}: will be made at the first run")
    try:
        known = State.open(directory, this_machine(), accept_loss=False, lock=False)
        for name in known.outputs:
            known.load_cursor(name)
    except AcctshipError as error:
        return failed("state", error)
    orphans = known.orphans(list(settings.output_types()))
    orphaned = f", orphaned: {', '.join(orphans)}" if orphans else ""
    return ok("state", f"{directory}: {len(known.outputs)} outputs{orphaned}")


def state_writable(directory: Path, who: Person) -> Finding | None:
    """Whether the daemon may write there, and has room; None if the folder is not there yet."""
    check = "state writable"
    if not directory.exists():
        return None
    if found := obstacle(directory, who, READ | WRITE | SEARCH):
        return failed(check, found, f"chown {who.name} {directory}; chmod 0750 {directory}")
    there = os.statvfs(directory)
    free = there.f_bavail * there.f_frsize
    what = f"user {who.name} may write to {directory}, {free >> 20:,} MB are free"
    if free < LEAST_FREE:
        return warn(check, what, f"make room for {LEAST_FREE >> 20} MB: nothing is sent while state cannot be written")
    return ok(check, what)
