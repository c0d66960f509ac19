"""Chunks, kept for a while: outputs that are in step share them, and the events that were made of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

import numpy as np

from acctship.delivery.following.chunk import Chunk
from acctship.delivery.following.making import EventMaker
from acctship.delivery.following.reading import Found
from acctship.delivery.following.segments import SegmentEntry
from acctship.delivery.following.telling import resynchronised
from acctship.delivery.notice import Report
from acctship.delivery.place import Place
from acctship.records import Hole, RecordBatch
from acctship.records.damage import as_rows

_MOST = 4
"""Chunks to keep: with the events, each takes 1 MB. Outputs of the same speed are seldom farther apart."""
_MOST_BARREN = 64
_MOST_TOLD = 4096


class Told:
    """Reports bytes that were skipped, each once, however many outputs come by.

    Args:
        report: is told.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._told: OrderedDict[tuple[str, int], None] = OrderedDict()

    def hole(self, entry: SegmentEntry, hole: Hole, path: str) -> None:
        """Report a hole in a segment, found in a file; the path is escaped."""
        key = (entry.key, hole.offset)
        if key not in self._told:
            self._told[key] = None
            if len(self._told) > _MOST_TOLD:
                self._told.popitem(last=False)
            self._report(resynchronised(path, entry.id, hole))


class Chunks:
    """Makes chunks of what was read.

    Args:
        maker: of events.
        told: reports what was skipped.
    """

    def __init__(self, maker: EventMaker, told: Told) -> None:
        self._maker, self._told = maker, told
        self._kept: OrderedDict[tuple[str, Place], Chunk] = OrderedDict()
        self._barren: dict[tuple[str, Place], Hashable] = {}

    def kept(self, entry: SegmentEntry, place: Place, limit: int | None) -> Chunk | None:
        """The chunk that was made of a place, if it is still there and does not go beyond the limit."""
        chunk = self._kept.get((entry.key, place))
        if chunk is None or (limit is not None and chunk.end > limit):
            return None
        self._kept.move_to_end((entry.key, place))
        return chunk

    def make(self, entry: SegmentEntry, place: Place, found: Found, path: str) -> Chunk:
        """A chunk of what was found behind a place, in a file of that (escaped) path."""
        layout, hole = entry.laid_out, found.hole
        if hole.length:
            self._told.hole(entry, hole, path)
        start = place.offset + hole.length
        offsets = np.arange(start, start + len(found.data), layout.size, dtype=np.int64)
        records = RecordBatch(layout, as_rows(layout, found.data), offsets)
        reason = hole.reason if hole.length else ""
        events = self._maker.of(entry, path)
        chunk = Chunk(entry.key, place.offset, hole.length, reason, records, found.before, events)
        self._kept[entry.key, place] = chunk
        self._kept.move_to_end((entry.key, place))
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return chunk

    def is_barren(self, entry: SegmentEntry, place: Place, state: Hashable) -> bool:
        """Whether nothing was found behind a place while its file was in the same state."""
        return self._barren.get((entry.key, place)) == state

    def note_barren(self, entry: SegmentEntry, place: Place, state: Hashable) -> None:
        """Note that nothing was found there."""
        if len(self._barren) >= _MOST_BARREN:
            self._barren.clear()
        self._barren[entry.key, place] = state
