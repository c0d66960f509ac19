"""What is known of the outputs while no daemon runs: from cursors, segments and file sizes alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from acctship._version import __version__
from acctship.delivery.following.follower import Follower
from acctship.delivery.following.segments import SegmentEntry
from acctship.delivery.following.standing import Held, Lag
from acctship.delivery.following.telling import shown
from acctship.delivery.keeping import status as document
from acctship.delivery.keeping.folder import DEAD_LETTERS
from acctship.delivery.keeping.letter_count import LetterCount
from acctship.delivery.keeping.state import State
from acctship.delivery.keeping.status import OutputStatus, SourceStatus, Status
from acctship.delivery.notice import Notice
from acctship.delivery.place import Place
from acctship.events.identity import Machine
from acctship.events.names import Names, no_name
from acctship.events.source import Source

Kinds = Mapping[str, tuple[str, str]]
"""Type and guarantee of each configured output, by its name; empty where that is not known."""


def status_from_disk(directory: Path, machine: Machine, path: str, outputs: Kinds) -> Status:
    """The status as it is now, without a lock, and without writing anything.

    Counts since the start are those that the daemon wrote last.

    Args:
        directory: the state folder.
        machine: the one that acctship runs on.
        path: the accounting file.
        outputs: the configured ones.

    Raises:
        StateError: the state folder is missing, damaged, or may not be read.
    """
    state = State.open(directory, machine, accept_loss=False, lock=False)
    last = document.read(directory)
    reached = {name: _reached(state, name) for name in outputs}
    held, lags, unreadable = _standing(state, path, {name: one for name, one in reached.items() if one is not None})
    return Status(
        time=time.time(),
        started=last.started if last else 0.0,
        pid=last.pid if last else 0,
        version=last.version if last else __version__,
        source=SourceStatus(
            id=state.identity.source_id,
            path=shown(path),
            segments=held.known,
            held=held.segments,
            held_bytes=held.bytes,
            gaps=last.source.gaps if last else 0,
            cuts=last.source.cuts if last else 0,
            losses=last.source.losses if last else 0,
            canary=last.source.canary if last else None,
        ),
        outages=[
            *(one for one in (last.outages if last else ()) if one.action != "file-unreadable"),
            *(document.OutageStatus(one.action, one.about, time.time()) for one in unreadable),
        ],
        outputs={
            name: _output(directory, name, kind, lags.get(name, Lag(0, 0, None)), last)
            for name, kind in outputs.items()
        },
    )


def _reached(state: State, name: str) -> Mapping[str, Place] | None:
    """None: the output has not run yet, and starts at the present then."""
    cursor = state.load_cursor(name)
    return None if cursor is None else cursor.reached()


def _standing(
    state: State, path: str, reached: Mapping[str, Mapping[str, Place]]
) -> tuple[Held, Mapping[str, Lag], list[Notice]]:
    """Look at the files as the daemon does at its start, which changes nothing."""
    notices: list[Notice] = []
    source, names = Source(state.identity.source_id, Machine(), path), Names(no_name, no_name)
    follower = Follower(path, source, names, state.load_segments(SegmentEntry), notices.append)
    try:
        standing = follower.standing
        unreadable = [one for one in notices if one.action == "file-unreadable" and one.phase == "start"]
        return standing.held(), standing.lags(reached), unreadable
    finally:
        follower.close()


def _output(directory: Path, name: str, kind: tuple[str, str], lag: Lag, last: Status | None) -> OutputStatus:
    letters, letter_bytes = LetterCount(directory / DEAD_LETTERS / f"{name}.jsonl").look()
    before = last.outputs.get(name) if last else None
    return OutputStatus(
        type=kind[0],
        guarantee=kind[1],
        state="stopped",
        lag_bytes=lag.bytes,
        lag_records=lag.records,
        lag_seconds=0.0 if lag.oldest is None else max(0.0, time.time() - lag.oldest),
        oldest=lag.oldest,
        delivered=before.delivered if before else 0,
        rejected=before.rejected if before else 0,
        filtered=before.filtered if before else 0,
        retried=before.retried if before else 0,
        dead_letters=letters,
        dead_letter_bytes=letter_bytes,
        last_error=before.last_error if before else "",
        last_delivery=before.last_delivery if before else None,
    )
