"""What `acctship status` sees: what the daemon says, or, if it does not run, what the disk says."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

from acctship import config
from acctship.cli.sources import choose_files
from acctship.delivery.keeping import folder, status as document
from acctship.delivery.keeping.status import STALE, Status
from acctship.delivery.offline import Kinds, status_from_disk
from acctship.errors import AcctshipError, StateError
from acctship.events.identity import this_machine


class Seen(NamedTuple):
    """The status, and whether it is the daemon's own.

    Attributes:
        status: the daemon's if it is fresh, else what the disk says.
        running: whether the daemon runs.
        age: seconds since the daemon wrote its status; None if it has not.
    """

    status: Status
    running: bool
    age: float | None

    @property
    def fresh(self) -> bool:
        """Whether the daemon said this itself, just now."""
        return self.running and self.age is not None and self.age < STALE


def look(settings: config.Config) -> Seen:
    """See how acctship fares. Nothing is locked and nothing is written, so a group member may.

    Raises:
        InputError: this system has no accounting file.
        StateError: the state folder is missing, damaged, or may not be read.
    """
    directory, now = Path(settings.state.directory), time.time()
    last, locked = document.read(directory), folder.in_use(directory)
    age = None if last is None else max(0.0, now - last.time)
    running = locked if locked is not None else age is not None and age < STALE
    if last is not None and (seen := Seen(last, running, age)).fresh:
        tell_lag(last, now)
        return seen
    path = str(Path(choose_files((), settings)[0]).absolute())
    try:
        return Seen(status_from_disk(directory, this_machine(), path, _kinds(settings)), running, age)
    except OSError as error:
        raise StateError(
            f"{error.filename or directory}: {error.strerror}: a member of acctship's group may read it"
        ) from None


def tell_lag(status: Status, now: float) -> None:
    """Have a status tell each output's lag at a moment, not at that at which it was written."""
    for output in status.outputs.values():
        output.lag_seconds = 0.0 if output.oldest is None else max(0.0, now - output.oldest)


def _kinds(settings: config.Config) -> Kinds:
    """The configured outputs; an output whose plugin is broken has no guarantee, but a place in the table."""
    try:
        return {one.name: (one.type, one.limits.guarantee) for one in settings.outputs()}
    except AcctshipError:
        return {name: (kind, "") for name, kind in settings.output_types().items()}
