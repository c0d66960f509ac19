"""The file that the kernel appends to: growth, truncation, and another file in its place."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from acctship.delivery.following.files import (
    SMALLEST,
    Examined,
    Signature,
    begins_as,
    check_at,
    examine_file,
    goes_on_as,
    last_record,
    open_file,
    signature,
    tail_of,
)
from acctship.delivery.following.segments import Catalogue, SegmentEntry
from acctship.delivery.following.telling import Outage, shown, truncated, who_switched
from acctship.delivery.notice import Report
from acctship.delivery.place import Place
from acctship.errors import InputError
from acctship.events.escape import escape_line
from acctship.events.identity import segment_id
from acctship.records import Layout

PATIENCE = 10.0
"""Seconds that a path may lead nowhere, or to an empty file, while a file is rotated."""

OnEnd = Callable[[str, int], None]


class LiveFile:
    """The file at one path, for as long as the kernel writes to it, wherever it is moved.

    The kernel goes on writing to a file that is renamed or removed until acct(2) names another one. So it is the live
    one until another file at the path has a record.

    Args:
        path: where the kernel writes.
        layout: of the records, where a person knows better than their first bytes tell.
        catalogue: of segments, which is kept up to date.
        source: id of the machine.
        report: told of what happens.
        on_end: given the key, and the descriptor, of a segment that has ended; from then on it is the receiver's.

    Attributes:
        descriptor: of the file, -1 if there is none.
        key: of its segment; None as long as it has no record.
        size: bytes of it.
    """

    def __init__(
        self, path: str, layout: Layout | None, catalogue: Catalogue, source: str, *, report: Report, on_end: OnEnd
    ) -> None:
        self._path, self._layout, self._catalogue, self._source = path, layout, catalogue, source
        self._report, self._on_end = report, on_end
        self.descriptor, self.size = -1, 0
        self.key: str | None = None
        self._file: tuple[int, int] | None = None
        self._seen: tuple[int, int] | None = None
        self._cut: SegmentEntry | None = None  # the segment that was here, until the next one's first record is told
        self._refused: tuple[Signature, str] | None = None
        self._outage = Outage(path, report)

    @property
    def file(self) -> tuple[int, int] | None:
        """Device and inode."""
        return self._file

    @property
    def entry(self) -> SegmentEntry | None:
        """Its segment; None as long as it has no record."""
        return None if self.key is None else self._catalogue[self.key]

    def stirs(self) -> bool:
        """Whether the file is another than at the last look; asked five times a second, so it does nothing else."""
        try:
            status = os.fstat(self.descriptor)
        except OSError:  # there is none, or it has just been taken over
            return self.descriptor >= 0
        return (status.st_size, status.st_mtime_ns) != self._seen

    def grow(self) -> bool:
        """Look at the file itself; False if it is as it was."""
        if self.descriptor < 0:
            return False
        status = os.fstat(self.descriptor)
        seen = (status.st_size, status.st_mtime_ns)
        if seen == self._seen:
            return False
        self._seen = seen
        entry = self.entry
        if entry is not None and not self._continues(entry, status.st_size):
            self._cut_off(entry)
            entry = None
        self.size = status.st_size
        if entry is None:
            self._begin(status)
        else:
            self._remember(entry.key)
        return True

    def look(self, now: float) -> bool:
        """Look at the path; False if it leads where it did."""
        try:
            status = Path(self._path).stat()
            there = (status.st_dev, status.st_ino)
            if there == self._file:
                self._say_state(now)
                return False
            if self.descriptor >= 0 and status.st_size < SMALLEST:
                self._outage.goes_on(self._empty(), now, PATIENCE)
                return False
            return self._approach(signature(status), now)
        except FileNotFoundError:
            advice = "is accounting on, and writing to this path?"
            self._outage.goes_on(f"no such file: {advice}", now, PATIENCE if self.descriptor >= 0 else 0)
        except PermissionError:
            advice = "let acctship's user or group read it (Debian: group adm), also when it is rotated"
            self._outage.goes_on(f"permission denied: {advice}", now, 0)
        except OSError as error:
            self._outage.goes_on(f"cannot be read: {error.strerror}", now, 0)
        return False

    def renew(self) -> None:
        """Take what the file holds now for another segment: a reader found that it is not what was read before."""
        if (entry := self.entry) is not None:
            self._cut_off(entry)
            self._begin(os.fstat(self.descriptor))

    def end(self, entry: SegmentEntry) -> Place:
        """The place behind the last record of its segment."""
        offset = entry.tail.offset
        return Place(offset, check_at(self.descriptor, entry.laid_out, offset))

    def close(self) -> None:
        """Close the file, and say what was kept back for a record that has not come."""
        if self._cut is not None:
            self._report(truncated(self._path, self._cut, None))
            self._catalogue.change(self._cut.key, inode=0)
            self._cut = None
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def _empty(self) -> str:
        return "empty, no record in it: is accounting on, and writing to this path?"

    def _say_state(self, now: float) -> None:
        """The path leads to the live file, which may hold nothing that can be read."""
        if self.key is not None:
            self._outage.is_over()
        elif self._refused is not None:
            self._outage.goes_on(self._refused[1], now, 0)
        else:
            self._outage.goes_on(self._empty(), now, PATIENCE)

    def _approach(self, present: Signature, now: float) -> bool:
        """Follow the file that is at the path, if it has a record, or if there is none to follow now."""
        if self.descriptor >= 0 and self._refused is not None and self._refused[0] == present:
            self._outage.goes_on(self._refused[1], now, 0)
            return False
        descriptor = open_file(self._path)
        if self.descriptor >= 0:
            try:
                self._examined(descriptor)
            except InputError as error:
                self._refused = present, str(error)
                self._outage.goes_on(str(error), now, 0)
                os.close(descriptor)
                return False
        self._take(descriptor)
        self._say_state(now)
        return True

    def _take(self, descriptor: int) -> None:
        self.grow()  # what the kernel wrote before it turned away
        last, previous, old = None, self.entry, self.descriptor
        if previous is not None:
            last = last_record(old, previous.laid_out, previous.begin, self.size)
            self._catalogue.change(previous.key, measured=True, inode=0)
            self._on_end(previous.key, old)
        elif old >= 0:
            os.close(old)
        self.descriptor, self.key, self.size, self._refused = descriptor, None, 0, None
        status = os.fstat(descriptor)
        self._file, self._seen = (status.st_dev, status.st_ino), None
        self.grow()
        if last is not None and previous is not None and (entry := self.entry) is not None:
            notice = who_switched(last, previous, entry)
            if notice is not None:
                self._report(notice)

    def _continues(self, entry: SegmentEntry, size: int) -> bool:
        return size >= self.size and begins_as(self.descriptor, entry) and goes_on_as(self.descriptor, entry, size)

    def _cut_off(self, entry: SegmentEntry) -> None:
        # Its inode is remembered until the next record comes: a process that is killed now has told nothing yet.
        self._cut, self.key, self._refused = entry, None, None

    def _begin(self, status: os.stat_result) -> None:
        """See whether the file has a first record by now, and of which segment that is."""
        if status.st_size < SMALLEST:
            return
        try:
            examined = self._examined(self.descriptor)
        except InputError as error:
            self._refused = signature(status), str(error)
            return
        status = os.fstat(self.descriptor)  # it may have been cut before the record was read that begins it now
        self._refused = None
        entry = self._identify(examined, status)
        self.key, self.size = entry.key, status.st_size
        for other in self._catalogue.entries():
            if other.inode and other.key != entry.key:
                if other.inode == status.st_ino and self._cut is None:  # it was cut while nobody looked
                    self._cut = other
                self._catalogue.change(other.key, inode=0)
        self._catalogue.change(entry.key, inode=status.st_ino, measured=False)
        self._remember(entry.key)
        if self._cut is not None:
            self._report(truncated(self._path, self._cut, entry))
            self._cut = None

    def _identify(self, examined: Examined, status: os.stat_result) -> SegmentEntry:
        name = segment_id(self._source, examined.first)
        for known in self._catalogue.beginning_with(name):
            cut = self._cut is not None and self._cut.key == known.key
            if not cut and status.st_size >= known.size and goes_on_as(self.descriptor, known, status.st_size):
                return known
        return self._catalogue.add(name, examined.layout, examined.first, examined.begin)

    def _examined(self, descriptor: int) -> Examined:
        try:
            examined = examine_file(descriptor, self._path, self._layout)
        except InputError as error:
            raise InputError(_without_path(str(error), self._path)) from None
        if examined.compressed:
            raise InputError("is compressed: the kernel does not write here; name the file that it writes to")
        return examined

    def _remember(self, key: str) -> None:
        entry = self._catalogue[key]
        self._catalogue.change(
            key,
            size=self.size,
            tail=tail_of(self.descriptor, entry, self.size),
            paths=(shown(self._path),),
        )


def _without_path(message: str, path: str) -> str:
    """What is wrong, for a message that names the file already."""
    return escape_line(message.removeprefix(f"{path}: "))
