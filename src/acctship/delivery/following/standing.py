"""What of the files that are there an output has not had: how much, since when, and in which files."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import NamedTuple

import numpy as np

from acctship.delivery.following.files import read_at
from acctship.delivery.following.holdings import Holdings
from acctship.delivery.following.live import LiveFile
from acctship.delivery.following.segments import Catalogue, SegmentEntry
from acctship.delivery.following.telling import shown
from acctship.delivery.place import NOT_WANTED, Place
from acctship.records import RecordBatch
from acctship.records.damage import as_rows, judge

START = Place()
Places = Mapping[str, Place]

_WINDOWS = 64
"""Windows in which the next record is looked for: beyond so much damage the time is told less exactly."""


class Lag(NamedTuple):
    """What one output has not acknowledged.

    Attributes:
        bytes: in files; of compressed ones as far as they have been read.
        records: in these bytes.
        oldest: when the process of the oldest of them ended, seconds since 1970; None if there is none.
    """

    bytes: int
    records: int
    oldest: float | None


class Held(NamedTuple):
    """What is in files: how many segments, of how many that are known, and their bytes as far as known."""

    known: int
    segments: int
    bytes: int


class Standing:
    """Answers from what a follower knows; only a record's time is read, once for each place.

    Args:
        path: of the live file.
        catalogue: the segments.
        held: the files that are not live.
        live: the file that is.
        lock: the follower's.
    """

    def __init__(self, path: str, catalogue: Catalogue, held: Holdings, live: LiveFile, lock: RLock) -> None:
        self._path, self._catalogue, self._held, self._live, self._lock = path, catalogue, held, live, lock
        self._times: dict[tuple[str, int], float] = {}

    @property
    def changes(self) -> int:
        """Another number than before if a segment or a size has changed."""
        return self._catalogue.changes

    def entries(self) -> list[SegmentEntry]:
        """The segments that are in files, in the order in which outputs read them."""
        with self._lock:
            held = {*self._held.keys(), self._live.key}
            return [entry for entry in self._catalogue.entries() if entry.key in held]

    def size(self, key: str) -> int:
        """Size of a segment at present; NOT_WANTED if only reading it to its end tells."""
        with self._lock:
            only_reading_tells = key != self._live.key and self._held.is_open(key)
            return NOT_WANTED if only_reading_tells else self._catalogue[key].size

    def held(self) -> Held:
        """What is in files."""
        with self._lock:
            entries = self.entries()
            return Held(len(self._catalogue.entries()), len(entries), sum(entry.size for entry in entries))

    def lags(self, reached: Mapping[str, Places]) -> dict[str, Lag]:
        """What each output has not acknowledged; all are to be asked for at once.

        Args:
            reached: how far each has got, by its name.
        """
        with self._lock:
            entries, before = self.entries(), self._times
            self._times = {}
            return {name: self._lag(entries, places, before) for name, places in reached.items()}

    def needed(self, reached: Collection[Places]) -> list[str]:
        """Files that hold what some output has not acknowledged, absolute and escaped; the live one always.

        A file that cannot be read may hold such records, too.

        Args:
            reached: how far each output has got.
        """
        with self._lock:
            paths = {*self._live_paths(), *self._held.refused()}
            held = self._held.keys()
            for key in held:
                size = self.size(key)
                if any(places.get(key, START).offset < size for places in reached):
                    paths.update(self._held.paths(key))
            return sorted(map(shown, paths))

    def _lag(self, entries: list[SegmentEntry], places: Places, before: Mapping[tuple[str, int], float]) -> Lag:
        bytes_, records, oldest = 0, 0, None
        for entry in entries:
            offset, layout = places.get(entry.key, START).offset, entry.laid_out
            missing = max(entry.size, entry.tail.offset) - offset
            if missing <= 0:
                continue
            bytes_, records = bytes_ + missing, records + missing // layout.size
            if oldest is None and missing >= layout.size:
                place = entry.key, offset
                oldest = before[place] if place in before else self._ended(entry, offset)
                self._times[place] = oldest
        return Lag(bytes_, records, oldest)

    def _ended(self, entry: SegmentEntry, offset: int) -> float:
        """When the process of the next record ended; that of the segment's first one if only decompressing tells."""
        layout, data = entry.laid_out, b""
        if entry.key == self._live.key:
            data = read_at(self._live.descriptor, offset, _WINDOWS * layout.size)
        else:
            with suppress(OSError), self._held.plain(entry.key) as plain:
                if plain is not None:
                    data = read_at(plain[0], offset, _WINDOWS * layout.size)
        windows = np.frombuffer(data, np.uint8)
        runs = judge(layout, windows, in_step=True, last=True).runs if len(data) >= layout.size else []
        found = windows[runs[0].start :][: layout.size] if runs else np.frombuffer(entry.record, np.uint8)
        return float(RecordBatch(layout, as_rows(layout, found), np.array([offset])).end_seconds()[0])

    def _live_paths(self) -> list[str]:
        """Where the live file is, and the path at which the next one will be."""
        with suppress(OSError):
            status = Path(self._path).stat()
            if self._live.file in {None, (status.st_dev, status.st_ino)}:
                return [self._path]
        found = [self._path]
        with suppress(OSError), os.scandir(Path(self._path).parent) as names:  # it was renamed
            for name in names:
                with suppress(OSError):
                    status = name.stat(follow_symlinks=False)
                    if (status.st_dev, status.st_ino) == self._live.file:
                        found.append(name.path)
        return found


def missing(entry: SegmentEntry, places: Places) -> int:
    """Bytes of a segment that have not been read yet, as far as its size is known."""
    return max(0, entry.size - places.get(entry.key, START).offset)
