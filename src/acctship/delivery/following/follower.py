"""One follower for all outputs: chunks of records from any place of any segment, now and over time."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from acctship.delivery.following.chunk import Chunk
from acctship.delivery.following.chunks import Chunks, Told
from acctship.delivery.following.compressed import CompressedReader
from acctship.delivery.following.holdings import Holdings
from acctship.delivery.following.live import LiveFile
from acctship.delivery.following.making import EventMaker
from acctship.delivery.following.reading import ChangedError, read_plain
from acctship.delivery.following.segments import Catalogue, SegmentEntry
from acctship.delivery.following.siblings import Sibling
from acctship.delivery.following.standing import START, Places, Standing, missing
from acctship.delivery.following.telling import shown
from acctship.delivery.notice import Notice, Report
from acctship.delivery.place import NOT_WANTED, Place
from acctship.errors import InputError
from acctship.events.names import Names
from acctship.events.source import Source
from acctship.records import Layout

LOOK_EVERY = 1.0
"""Seconds between two looks at the path and at the files beside it."""
_ATTEMPTS = 3


class Follower:
    """Follows the accounting file of one machine; its methods may be called from any thread.

    A place is a position in a segment, by its key; one that is missing is the segment's start.

    Args:
        path: where the kernel writes.
        source: where the records come from; its path is replaced by that of each file.
        names: tells names of users and groups.
        known: what `entries` gave at the end of the last run.
        report: told of what happens, from the thread that notices it.
        layout: of the records, where a person knows better than their first bytes tell.
        clock: seconds that never go back.

    Attributes:
        standing: tells what an output has not had.
    """

    def __init__(
        self,
        path: str,
        source: Source,
        names: Names,
        known: Iterable[SegmentEntry],
        report: Report,
        *,
        layout: Layout | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        path = str(Path(path).absolute())
        self._path, self._report, self._clock = path, report, clock
        self._notices: deque[Notice] = deque()
        self._lock = threading.RLock()
        self._catalogue = Catalogue(known)
        self._held = Holdings(path, layout, self._catalogue, source.id, self._notices.append)
        self._live = LiveFile(
            path, layout, self._catalogue, source.id, report=self._notices.append, on_end=self._held.keep
        )
        self.standing = Standing(path, self._catalogue, self._held, self._live, self._lock)
        self._told = Told(self._notices.append)
        self._chunks = Chunks(EventMaker(source, names), self._told)
        self._compressed = CompressedReader(self._catalogue, self._lock, self._told)
        self._next_look, self._closed = clock(), False
        self._readable: list[tuple[str, int]] = []  # keys in order, and the offset that who has all of it is at
        self.poll()

    def stirs(self) -> bool:
        """Whether `poll` is worth calling before a second has passed: the live file is not what it was."""
        return self._live.stirs()

    def poll(self) -> bool:
        """Look at the live file, and once a second at its path and beside it; to be called five times a second.

        Returns:
            Whether anything has changed.
        """
        with self._locked():
            before, readable = self._catalogue.changes, self._readable
            grown = self._grow()
            if self._clock() >= self._next_look:
                self._look()
            return grown or before != self._catalogue.changes or readable is not self._readable

    def entries(self) -> list[SegmentEntry]:
        """What is known of every segment, in the order in which outputs read them."""
        with self._lock:
            return self._catalogue.entries()

    def next(self, places: Places, until: Mapping[str, int] | None = None) -> Chunk | None:
        """The next records in the first segment that has some which an output has not read; None: none at present.

        Args:
            places: how far the output has read.
            until: sizes from `finish`, beyond which nothing is read, and what is there is read to its last byte.
        """
        for _ in range(_ATTEMPTS):
            readable = self._readable
            for key, whole in readable:
                place = places.get(key, START)
                if place.offset < whole and (until is None or key in until):
                    chunk = self._next_of(key, place, None if until is None else until[key])
                    if chunk is not None:
                        return chunk
            if readable is self._readable:  # else reading has shown a segment that was not known
                break
        return None

    def present(self) -> dict[str, Place]:
        """Places of an output that wants only what comes from now on."""
        with self._locked():
            self._grow()
            places = {entry.key: Place(NOT_WANTED) for entry in self._catalogue.entries()}
            if (live := self._live.entry) is not None:
                places[live.key] = self._live.end(live)
            return places

    def finish(self) -> dict[str, int]:
        """Sizes of all segments at present, for `next` to read up to; NOT_WANTED where only reading tells."""
        with self._locked():
            self._look()
            return {key: self.standing.size(key) for key, _ in self._readable}

    def ended(self, key: str, offset: int) -> bool:
        """Whether a segment will not grow any more, and has been read to its end, or is not wanted."""
        with self._lock:
            if key not in self._catalogue:
                return True
            if key == self._live.key:
                return False
            entry = self._catalogue[key]
            final = entry.measured or self._held.is_lost(key, self._clock())
            return offset == NOT_WANTED or (final and offset >= entry.size)

    def unread(self, places: Places) -> int:
        """Bytes that have not been read yet, as far as sizes are known; lost ones do not count."""
        with self._lock:
            now = self._clock()
            return sum(
                missing(entry, places) for entry in self._catalogue.entries() if not self._held.is_lost(entry.key, now)
            )

    def lost(self, places: Places) -> list[tuple[SegmentEntry, int]]:
        """Segments that no file has held for a while, and how many bytes of each have not been read."""
        with self._lock:
            now = self._clock()
            gone = [entry for entry in self._catalogue.entries() if self._held.is_lost(entry.key, now)]
            return [(entry, unread) for entry in gone if (unread := missing(entry, places))]

    def close(self) -> None:
        """Close all files."""
        with self._locked():
            self._closed = True
            self._live.close()
            self._held.close()
            self._readable = []
        self._compressed.close()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock, and pass on what was noticed once it is free again: who is told may ask back."""
        try:
            with self._lock:
                yield
        finally:
            while True:
                try:
                    notice = self._notices.popleft()
                except IndexError:  # another thread may pass them on, too
                    break
                self._report(notice)

    def _grow(self) -> bool:
        if not self._live.grow():
            return False
        self._list()
        return True

    def _look(self) -> None:
        if self._closed:  # a reader comes late
            return
        now = self._clock()
        self._next_look = now + LOOK_EVERY
        self._grow()  # it may have been cut, and its copy be found now
        self._held.look(now, self._live)
        if self._live.look(now):
            self._held.look(now, self._live)  # what was live may have been found beside it
        self._catalogue.prune({*self._held.keys(), *filter(None, [self._live.key])})
        self._list()

    def _list(self) -> None:
        keys = [entry.key for entry in self.standing.entries()]
        readable = [(key, NOT_WANTED if key == self._live.key else self.standing.size(key)) for key in keys]
        if readable != self._readable:
            self._readable = readable  # never changed in place: readers go through it without the lock

    def _next_of(self, key: str, place: Place, limit: int | None) -> Chunk | None:
        for _ in range(_ATTEMPTS):
            try:
                with self._locked():
                    found = self._read_plain(key, place, limit)
                if not isinstance(found, Sibling):
                    return found
                with self._locked():
                    if self._closed or key not in self._catalogue:
                        return None
                    entry, now = self._catalogue[key], self._clock()
                    if (chunk := self._chunks.kept(entry, place, limit)) is not None:
                        return chunk
                read = self._compressed.read(entry, found, place, limit, now)
                with self._locked():
                    return None if read is None else self._chunks.make(entry, place, read, shown(found.path))
            except ChangedError:
                with self._locked():
                    self._renew(key, place)
            except (OSError, InputError):  # renamed or removed meanwhile
                with self._locked():
                    self._look()
        return None

    def _read_plain(self, key: str, place: Place, limit: int | None) -> Chunk | Sibling | None:
        """What comes next, or the file that must be decompressed to know."""
        if self._closed or key not in self._catalogue:
            return None
        entry = self._catalogue[key]
        if key == self._live.key:
            if place.offset > self._live.size:
                self._grow()
                if key != self._live.key or place.offset > self._live.size:
                    raise ChangedError
            return self._read_open(entry, place, limit, self._live.descriptor, self._path)
        compressed = self._held.compressed(key, place.offset)
        if place.offset >= entry.size and (entry.measured or compressed is None):
            return None
        if compressed is not None:
            return compressed
        with self._held.plain(key) as plain:
            if plain is None:
                return None
            descriptor, path = plain
            return self._read_open(entry, place, limit, descriptor, path)

    def _read_open(
        self, entry: SegmentEntry, place: Place, limit: int | None, descriptor: int, path: str
    ) -> Chunk | None:
        size = os.fstat(descriptor).st_size
        end = size if limit is None else min(limit, size)
        if place.offset >= end:
            return None
        last = limit is not None or entry.measured
        if (chunk := self._chunks.kept(entry, place, limit)) is not None:
            return chunk
        state = (end, last)
        if self._chunks.is_barren(entry, place, state):
            return None
        found = read_plain(descriptor, entry, place, end, last=last)
        if found is None:
            self._chunks.note_barren(entry, place, state)
            return None
        return self._chunks.make(entry, place, found, shown(path))

    def _renew(self, key: str, place: Place) -> None:
        """A file turned out to hold another segment than the one it was read for."""
        if key == self._live.key:
            self._grow()
            if key == self._live.key:
                self._live.renew()
        else:
            self._held.is_other(key, place.offset, self._clock())
        self._list()
