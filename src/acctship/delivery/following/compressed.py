"""The next records of a segment that only compressed files hold, and where those end."""

from __future__ import annotations

import threading
from typing import Any
from zlib import crc32

from acctship.delivery.following.chunks import Told
from acctship.delivery.following.reading import Bounded, ChangedError, Found, find
from acctship.delivery.following.segments import Catalogue, SegmentEntry
from acctship.delivery.following.siblings import Sibling
from acctship.delivery.following.telling import shown
from acctship.delivery.following.unpacking import Unpacked, Unpackers
from acctship.delivery.place import NOT_WANTED, Place
from acctship.records import Hole

GIVEN_UP = 60.0
"""Seconds after which a compressed file that ends early, and has not changed, is taken for damaged."""


class CompressedReader:
    """Reads compressed files; one thread at a time, apart from all else that goes on: it can take a while.

    Args:
        catalogue: of segments; sizes that reading tells are noted there.
        lock: guards the catalogue.
        told: reports what is missing.
    """

    def __init__(self, catalogue: Catalogue, lock: Any, told: Told) -> None:
        self._catalogue, self._lock, self._told = catalogue, lock, told
        self._unpackers = Unpackers()
        self._reading = threading.Lock()
        self._barren: dict[tuple[str, Place], object] = {}

    def read(self, entry: SegmentEntry, sibling: Sibling, place: Place, limit: int | None, now: float) -> Found | None:
        """What comes next in a segment; None if nothing does at present.

        Args:
            entry: the segment.
            sibling: the file.
            place: how far it has been read.
            limit: offset beyond which nothing is read, and what is there is the last; None: what comes, comes.
            now: seconds.

        Raises:
            ChangedError: the file is another's.
            OSError: it is not there any more.
            InputError: it cannot be read.
        """
        final = limit is not None or now - sibling.since >= GIVEN_UP
        state = (sibling.path, sibling.signature, final, entry.measured)
        with self._reading:
            if self._barren.get((entry.key, place)) == state:
                return None
            covered = min(entry.laid_out.size, place.offset)
            unpacked = self._unpackers.at(sibling, place.offset - covered)
            before = unpacked.read(place.offset - covered, covered)
            found = None
            if len(before) == covered:
                if crc32(before) != place.check:
                    raise ChangedError
                found = find(entry.laid_out, _bounded(entry, unpacked, limit, final=final), place.offset, before)
            if found is None:
                if len(self._barren) > 64:
                    self._barren.clear()
                self._barren[entry.key, place] = state
            self._note_end(entry, sibling, unpacked, final=final, given_up=now - sibling.since >= GIVEN_UP)
            return found

    def close(self) -> None:
        """Close all files."""
        with self._reading:
            self._unpackers.close()

    def _note_end(
        self, entry: SegmentEntry, sibling: Sibling, unpacked: Unpacked, *, final: bool, given_up: bool
    ) -> None:
        total, problem = unpacked.total, unpacked.problem
        if total is None or (problem is not None and not final):
            return
        with self._lock:
            if entry.key not in self._catalogue:
                return
            known = self._catalogue[entry.key]
            if known.measured and total < known.size and problem is None:
                problem = "the compressed file is shorter than the one that it was made of"
            if problem is not None:
                missing = Hole(total, max(0, known.size - total), problem)
                self._told.hole(entry, missing, shown(sibling.path))
            if problem is None or given_up:
                self._catalogue.change(entry.key, size=total, measured=True)


def _bounded(entry: SegmentEntry, unpacked: Unpacked, limit: int | None, *, final: bool) -> Bounded:
    known = entry.size if entry.measured else NOT_WANTED
    end = known if limit is None else min(known, limit)

    def is_last() -> bool:
        total = unpacked.total
        if total is None or total >= end:
            return True  # it was cut off at the end that is known
        return unpacked.problem is None or final

    return Bounded(lambda offset, count: unpacked.read(offset, min(count, max(0, end - offset))), is_last)
