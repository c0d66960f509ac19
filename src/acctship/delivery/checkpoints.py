"""What an output has done with each stretch of each segment: a heartbeat, and what completeness is checked against."""

from __future__ import annotations

import msgspec

from acctship.delivery.following.follower import Follower
from acctship.delivery.following.segments import SegmentEntry
from acctship.delivery.keeping.cursors import Counts, Cursor
from acctship.delivery.notice import Notice
from acctship.delivery.place import NOT_WANTED

EVERY = 300.0
"""Seconds between two checkpoints of an output."""


def checkpoints(output: str, cursor: Cursor, follower: Follower, *, heartbeat: bool) -> list[Notice]:
    """Close the present stretch of each segment that moved, or that has ended; the cursor counts the next from here.

    They belong into `cursor.pending`, which is written together with the counts: so that each is told once, whatever
    happens.

    Args:
        output: its name.
        cursor: of the output; counts go back to 0, and what has ended is closed.
        follower: knows the segments.
        heartbeat: the regular one: without it, only segments that have ended are looked at. It gives at least one,
            for the newest segment, even if nothing came.
    """
    entries = follower.entries()
    newest = entries[-1].key if entries else ""
    lag = follower.unread(cursor.reached())
    made = []
    for before, segment in zip([None, *entries], entries, strict=False):
        entry = cursor.places.get(segment.key)
        if entry is None or entry.closed or entry.offset == NOT_WANTED:
            continue
        complete = follower.ended(segment.key, entry.offset)
        if complete or (heartbeat and (entry.offset > entry.since or segment.key == newest)):
            counts = cursor.checkpoint(segment.key, final=complete)
            made.append(_notice(output, segment, before, counts, complete=complete, lag=lag))
    return made


def _notice(
    output: str, segment: SegmentEntry, before: SegmentEntry | None, counts: Counts, *, complete: bool, lag: int
) -> Notice:
    details = {
        "output": output,
        "segment": segment.id,
        "previous": before.id if before else None,
        **msgspec.structs.asdict(counts),
        "complete": complete,
        "lag": lag,
    }
    message = (
        f"outputs.{output}: {counts.records} records of segment {segment.id} up to offset {counts.end}: {counts.sent} "
        f"sent, {counts.filtered} filtered, {counts.rejected} rejected"
    )
    return Notice("checkpoint", message, details=details)
