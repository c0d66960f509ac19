"""What the follower has to tell: files that cannot be read, were cut, or were replaced by whom."""

from __future__ import annotations

import os
from zlib import crc32

import numpy as np

from acctship.accounting.callers import caller_of, callers, describe
from acctship.delivery.following.segments import SegmentEntry
from acctship.delivery.notice import Notice, Report
from acctship.events.escape import escape
from acctship.events.identity import event_id
from acctship.events.names import Names, no_name
from acctship.records import Hole, RecordBatch


def shown(path: str) -> str:
    """A path as messages and events show it."""
    return escape(os.fsencode(path))


class Outage:
    """A file that cannot be followed for a while: told once, with its end.

    Args:
        path: of the file.
        report: is told.
    """

    def __init__(self, path: str, report: Report) -> None:
        self._about, self._report = shown(path), report
        self._since: float | None = None
        self._told = False

    def goes_on(self, why: str, now: float, patience: float) -> None:
        """It cannot be followed; worth telling after so many seconds of patience."""
        if self._since is None:
            self._since = now
        if not self._told and now - self._since >= patience:
            self._told = True
            self._report(Notice("file-unreadable", f"{self._about}: {why}", "start", self._about))

    def is_over(self) -> None:
        """It can be followed."""
        if self._told:
            self._report(Notice("file-unreadable", f"{self._about}: is read again", "end", self._about))
        self._since, self._told = None, False


def truncated(path: str, old: SegmentEntry, new: SegmentEntry | None) -> Notice:
    """A live file was cut: the segment that it held, and the one that it holds; None if it is empty yet."""
    before = None if new is None else event_id(new.id, new.begin, crc32(new.record))
    return Notice(
        "truncated",
        f"{shown(path)}: was truncated when it had {old.size} bytes or more: records between may be "
        "missing; rotate it by `acctship accounting rotate`, which loses none",
        about=shown(path),
        details={
            "segment": None if new is None else new.id,
            "previous": old.id,
            "begin": old.size,
            "after": old.last_event,
            "before": before,
        },
    )


def who_switched(last: tuple[int, bytes], previous: SegmentEntry, new: SegmentEntry) -> Notice | None:
    """Who switched accounting to another file: acct(2) ends the old one by a record of its caller.

    Args:
        last: offset and bytes of the old segment's last record.
        previous: the old segment.
        new: the segment of the file that accounting was switched to.

    Returns:
        None if the last record is that of a process that ended.
    """
    layout = previous.laid_out
    records = RecordBatch(layout, np.frombuffer(last[1], layout.dtype), np.array([last[0]]))
    if not callers(records)[0]:
        return None
    caller = caller_of(records, 0, previous.id, Names(no_name, no_name))
    return Notice(
        "switched",
        f"accounting was switched to another file, it seems by {describe(caller)}",
        details={"segment": new.id, "previous": previous.id, "by": caller},
        event_id=f"health-{caller.event}",
    )


def resynchronised(path: str, segment: str, hole: Hole) -> Notice:
    """Bytes of a segment were skipped."""
    skipped = f"{hole.length} bytes skipped: " if hole.length else ""  # in a compressed stream nobody knows how many
    return Notice(
        "resynchronised",
        f"{path}: offset {hole.offset}: {skipped}{hole.reason}",
        about=path,
        details={"segment": segment, "begin": hole.offset, "end": hole.offset + hole.length, "skipped": hole.length},
    )
