"""Making events of the records of several segments, in little memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from acctship.delivery.following.segments import SegmentEntry
from acctship.events.batch import EventBatch
from acctship.events.names import Names
from acctship.events.normalize import Normalizer
from acctship.events.source import Source
from acctship.records import RecordBatch

_MOST = 4
"""Normalizers to keep: each holds thousands of templates, and outputs read few segments at a time."""


class EventMaker:
    """Makes events; safe to use from several threads.

    Args:
        source: where the records come from; the path is that of each file.
        names: tells names of users and groups.
    """

    def __init__(self, source: Source, names: Names) -> None:
        self._source, self._names = source, names
        self._kept: OrderedDict[tuple[str, str, frozenset[str]], Normalizer] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, entry: SegmentEntry, path: str) -> Callable[[RecordBatch, frozenset[str]], EventBatch]:
        """A function that makes events of some records of a segment, less some fields.

        Args:
            entry: the segment.
            path: of its file, escaped.
        """
        return partial(self._events, entry, path)

    def _events(self, entry: SegmentEntry, path: str, records: RecordBatch, omitted: frozenset[str]) -> EventBatch:
        with self._lock:
            key = (entry.key, path, omitted)
            if key not in self._kept:
                self._kept[key] = Normalizer(replace(self._source, path=path), self._names, omitted)
                rows = np.frombuffer(entry.record, entry.laid_out.dtype)
                self._kept[key].begin(RecordBatch(entry.laid_out, rows, np.array([entry.begin])))
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
            return self._kept[key].events(records)
