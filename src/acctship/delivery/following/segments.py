"""Segments: accounting files from their first record on, whatever they are named today, and what is remembered of them.

The catalogue lives over restarts; which files hold a segment at present is found out anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from zlib import crc32

from msgspec import Struct, structs

from acctship.delivery.place import Place
from acctship.events.identity import event_id
from acctship.records import LAYOUTS, Layout

MOST_WITHOUT_FILES = 1000
"""Segments to remember after their last file has gone: the newest of them."""


class SegmentEntry(Struct, frozen=True):
    """What is remembered of a segment.

    Attributes:
        key: unique in the catalogue: `id`, or `id.1`, `id.2` for another file that begins with the same record.
        id: as `events.identity.segment_id` gives it.
        ordinal: order of first sight, in which outputs read segments.
        layout: name in `records.LAYOUTS`.
        first: the first record, in hex.
        size: last known bytes, uncompressed.
        measured: `size` is exact and final: no file has to be read to know more.
        paths: where it was at last sight.
        begin: offset of the first record.
        tail: end of the last record that is known of, to tell the segment from another by.
        inode: of the live file, while it is that; 0 for any other.
    """

    key: str
    id: str
    ordinal: int
    layout: str
    first: str
    size: int = 0
    measured: bool = False
    paths: tuple[str, ...] = ()
    begin: int = 0
    tail: Place = Place()
    inode: int = 0

    @property
    def record(self) -> bytes:
        """The first record."""
        return bytes.fromhex(self.first)

    @property
    def laid_out(self) -> Layout:
        """How records of it are laid out."""
        return LAYOUTS[self.layout]

    @property
    def last_event(self) -> str | None:
        """`event.id` of the last record that is known of."""
        start = self.tail.offset - self.laid_out.size
        return event_id(self.id, start, self.tail.check) if start >= 0 else None


class Catalogue:
    """Every segment by its key.

    Args:
        known: what was remembered.

    Attributes:
        changes: counts what has changed.
    """

    def __init__(self, known: Iterable[SegmentEntry]) -> None:
        self._entries = {entry.key: entry for entry in sorted(known, key=lambda entry: entry.ordinal)}
        self._next = 1 + max((entry.ordinal for entry in self._entries.values()), default=-1)
        self.changes = 0

    def __getitem__(self, key: str) -> SegmentEntry:
        return self._entries[key]

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def entries(self) -> list[SegmentEntry]:
        """All, in the order of first sight."""
        return list(self._entries.values())

    def beginning_with(self, segment: str) -> list[SegmentEntry]:
        """Those of one id, the newest first."""
        return [entry for entry in reversed(self._entries.values()) if entry.id == segment]

    def add(self, segment: str, layout: Layout, first: bytes, begin: int) -> SegmentEntry:
        """Enter a segment that is seen for the first time."""
        taken = [entry.key for entry in self.beginning_with(segment)]
        number = 1 + max((int(key.partition(".")[2] or 0) for key in taken), default=-1)
        key = f"{segment}.{number}" if number else segment
        tail = Place(begin + layout.size, crc32(first))
        entry = SegmentEntry(key, segment, self._next, layout.name, first.hex(), begin=begin, tail=tail)
        self._entries[key] = entry
        self._next += 1
        self.changes += 1
        return entry

    def change(self, key: str, **changes: Any) -> None:
        """Change what is remembered of a segment."""
        changed = structs.replace(self._entries[key], **changes)
        if changed != self._entries[key]:
            self._entries[key] = changed
            self.changes += 1

    def prune(self, held: Collection[str]) -> None:
        """Forget the oldest of too many that are not among those `held` in files."""
        gone = [key for key in self._entries if key not in held]
        for key in gone[: max(0, len(gone) - MOST_WITHOUT_FILES)]:
            del self._entries[key]
            self.changes += 1
