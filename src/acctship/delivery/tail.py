"""Follow one accounting file for whoever reads our standard output: `decode --follow --state FILE`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from acctship.delivery.following.chunk import Chunk
from acctship.delivery.following.follower import Follower
from acctship.delivery.following.segments import SegmentEntry
from acctship.delivery.keeping import documents
from acctship.delivery.notice import Report
from acctship.delivery.place import NOT_WANTED, Place
from acctship.errors import StateError
from acctship.events.names import Names
from acctship.events.source import Source
from acctship.records import Layout

POLL = 0.2
"""Seconds between two looks at the file."""
SAVE = 1.0
"""Seconds between two writes of the state, at least."""


class TailState(documents.Document):
    """What is remembered from one run to the next.

    Attributes:
        source_id: stands for the machine in every `event.id`.
        segments: those that were seen.
        places: how far each of them was printed.
    """

    source_id: str
    segments: list[SegmentEntry]
    places: dict[str, Place]


def load(path: Path, source: Source) -> TailState:
    """Read the state; at the first time, make one that begins with the file as it is now.

    Raises:
        StateError: it is damaged, or cannot be read.
    """
    try:
        path.lstat()
    except FileNotFoundError:
        return TailState(source_id=source.id, segments=[], places={})
    try:
        return documents.read(path, TailState, None)
    except StateError as error:
        raise StateError(f"{error}; or remove it, and what is there is printed again") from None


def tail(
    path: str,
    source: Source,
    names: Names,
    state: TailState,
    *,
    save: Callable[[TailState], None],
    report: Report,
    layout: Layout | None,
    wait: Callable[[float], bool],
) -> Iterator[Chunk]:
    """Records as they come, through rotations, for ever. What is asked for next shows that the last was printed.

    Args:
        path: the accounting file, where the kernel writes it.
        source: where its records come from.
        names: tells names of users and groups.
        state: from `load`; it is kept up to date.
        save: writes it durably.
        report: takes notices.
        layout: of the records, where a person knows better than the file.
        wait: waits so many seconds, perhaps none; False ends it all.

    Raises:
        OSError: the state cannot be written.
    """
    follower = Follower(path, source, names, state.segments, report, layout=layout)
    saved_at, unsaved = float("-inf"), True
    try:
        if not state.segments:
            places = follower.present().items()
            state.places = {key: place if place.offset == NOT_WANTED else Place() for key, place in places}
        while True:
            chunk = follower.next(state.places)
            if unsaved and time.monotonic() >= saved_at + SAVE:
                state.segments, saved_at, unsaved = follower.entries(), time.monotonic(), False
                save(state)
            if chunk is None:
                if not wait(POLL):
                    return
                follower.poll()
                continue
            yield chunk
            state.places[chunk.segment] = chunk.place(len(chunk.records))
            unsaved = True
            if not wait(0):
                return
    finally:
        follower.close()
        state.segments = follower.entries()
        save(state)
