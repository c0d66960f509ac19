"""Who switched accounting, from the records as they come, whatever outputs have read: acct(2) records its caller."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from zlib import crc32

import numpy as np

from acctship.accounting.callers import caller_of, callers, describe
from acctship.delivery.following.chunk import Chunk
from acctship.delivery.following.files import begins_as, last_record, open_file
from acctship.delivery.following.follower import Follower
from acctship.delivery.notice import Notice, Report
from acctship.delivery.place import Place
from acctship.events.identity import event_id
from acctship.events.names import Names
from acctship.events.schema import Caller
from acctship.records import RecordBatch


class Switches:
    """Reads what the kernel appends, and reports who has switched accounting off and on again; by one thread.

    A caller's record that others follow in the same segment is reported. What becomes of one that is the last, time
    tells: accounting goes on here, it is off, or it goes to another file, which the follower reports.

    Args:
        follower: gives the records.
        names: tells names of users.
        report: takes notices.
        reached: how far outputs have read segments, at the start: what they have seen has been reported. Empty at the
            first start: then nothing before it is looked at.

    Attributes:
        recent: the last caller that was seen since this was set to None.
        last: `event.id` of the last record that was read.
        first: that of the first one that was read since this was set to None.
    """

    def __init__(self, follower: Follower, names: Names, report: Report, reached: Mapping[str, Place]) -> None:
        self._follower, self._names, self._report = follower, names, report
        live = {entry.key: entry for entry in follower.entries() if entry.inode}
        known = {key: reached.get(key, Place()) for key in live} if reached else {}
        self._places = {**follower.present(), **known}
        self._pending: tuple[str, Caller] | None = None
        self._told: str | None = None
        self.recent: Caller | None = None
        self.first: str | None = None
        self.last = next((entry.last_event for entry in live.values()), None)

    def read(self, ending: Callable[[], bool]) -> bool:
        """Read what has come, or until the end is near; tells whether a caller of acct(2) was among it."""
        seen = False
        while not ending() and (chunk := self._follower.next(self._places)) is not None:
            self._places[chunk.segment] = chunk.place(len(chunk.records))
            if len(chunk.records):
                seen |= self._look(chunk)
        return seen

    def told(self, caller: Caller) -> None:
        """Do not report this caller once more when records follow its own."""
        self._told = caller.event

    def at_end(self, path: str) -> Caller | None:
        """The caller that the last record of the file is of, if it is."""
        try:
            descriptor = open_file(path)
        except OSError:
            return None
        try:
            status = os.fstat(descriptor)
            for entry in self._follower.entries():
                if entry.inode == status.st_ino and begins_as(descriptor, entry):
                    layout = entry.laid_out
                    last = last_record(descriptor, layout, entry.begin, status.st_size)
                    if last is not None:
                        records = RecordBatch(layout, np.frombuffer(last[1], layout.dtype), np.array([last[0]]))
                        return caller_of(records, 0, entry.id, self._names) if callers(records)[0] else None
        finally:
            os.close(descriptor)
        return None

    def forget(self) -> None:
        """Remember no place of a segment that nobody knows any more."""
        known = {entry.key for entry in self._follower.entries()}
        self._places = {key: place for key, place in self._places.items() if key in known}

    def _look(self, chunk: Chunk) -> bool:
        records, segment = chunk.records, chunk.segment.partition(".")[0]
        if self._pending is not None and self._pending[0] == chunk.segment:
            self._tell(self._pending[1], _event_id(segment, records, 0))
        self._pending = None
        self.first = self.first or _event_id(segment, records, 0)
        self.last = _event_id(segment, records, len(records) - 1)
        found = np.flatnonzero(callers(records)).tolist()
        for at in found:
            self.recent = caller_of(records, at, segment, self._names)
            if at + 1 < len(records):
                self._tell(self.recent, _event_id(segment, records, at + 1))
            else:
                self._pending = chunk.segment, self.recent
        return bool(found)

    def _tell(self, caller: Caller, before: str) -> None:
        if caller.event == self._told:
            return
        self._report(
            Notice(
                "switched",
                f"accounting was switched off and on again, or to the same file, it seems by {describe(caller)}: "
                "records in between may be missing",
                details={
                    "segment": caller.event.partition("-")[0],
                    "after": caller.event,
                    "before": before,
                    "by": caller,
                },
                event_id=f"health-{caller.event}",
            )
        )


def _event_id(segment: str, records: RecordBatch, at: int) -> str:
    return event_id(segment, int(records.offsets[at]), crc32(records.record(at)))


def behind(record: str, follower: Follower) -> dict[str, Place]:
    """The place behind the record of an `event.id`, if the live file holds it; its start otherwise."""
    segment, offset, check = record.split("-")
    return {
        entry.key: Place(int(offset, 16) + entry.laid_out.size, int(check, 16)) if entry.id == segment else Place()
        for entry in follower.entries()
        if entry.inode
    }
