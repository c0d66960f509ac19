"""A stretch of a segment: records that follow each other, and the skipped bytes before them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from zlib import crc32

from acctship.delivery.place import Place
from acctship.events.batch import EventBatch
from acctship.records import RecordBatch


@dataclass(frozen=True, eq=False)
class Chunk:
    """What a reader found from one offset on; shared by the outputs that are there at the same time.

    Attributes:
        segment: key of the segment in the catalogue.
        start: offset of its first byte.
        skipped: bytes from there on that are no record.
        reason: what they seem to be; empty if there are none.
        records: the records behind them, each directly behind the other; none if only bytes are skipped.
        before: CRC-32 of the last bytes before the first record, as in `Place.check`.
    """

    segment: str
    start: int
    skipped: int
    reason: str
    records: RecordBatch
    before: int
    _normalize: Callable[[RecordBatch, frozenset[str]], EventBatch]
    _made: dict[frozenset[str], EventBatch] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def end(self) -> int:
        """Offset of the first byte behind it."""
        return self.start + self.skipped + len(self.records) * self.records.layout.size

    def place(self, count: int) -> Place:
        """The place behind its first `count` records; behind the skipped bytes for 0."""
        offset = self.start + self.skipped + count * self.records.layout.size
        return Place(offset, crc32(self.records.record(count - 1)) if count else self.before)

    def events(self, omitted: frozenset[str]) -> EventBatch:
        """The events of its records, less some fields; made once for all who ask."""
        with self._lock:
            if omitted not in self._made:
                self._made[omitted] = self._normalize(self.records, omitted)
            return self._made[omitted]
