"""Stand-in for `acctship.records.BackwardReader`: regular files only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from acctship.errors import InputError
from acctship.records import Hole, Reader, RecordBatch
from acctship.records.plausible import plausible


class BackwardReader(Reader):
    """The records of one file, newest first.

    Attributes:
        first: the first record of the file, which names the segment of events.
    """

    def __init__(self, path: str, **options: Any) -> None:
        super().__init__(path, **options)
        if self.size is None:
            self.close()
            raise InputError(f"{self.name}: a pipe cannot be read backwards: write it to a file first")
        self._batches = self._backwards(self.size)
        layout = self.detection.layout
        rows = np.frombuffer(os.pread(self._descriptor, layout.size, 0), layout.dtype)
        self.first = RecordBatch(layout, rows, np.zeros(1, np.int64), self._ahz)

    def _backwards(self, size: int) -> Iterator[RecordBatch]:
        layout = self.detection.layout
        end = size - size % layout.size
        if end < size:
            self._on_hole(Hole(end, size - end, "the last record is cut short"))
        while end:
            start = max(0, end - self._batch_records * layout.size)
            rows = np.frombuffer(os.pread(self._descriptor, end - start, start), layout.dtype)
            offsets = np.arange(start, end, layout.size, dtype=np.int64)
            good = plausible(layout, rows)
            if not good.all():
                for offset in offsets[~good].tolist():
                    self._on_hole(Hole(offset, layout.size, "no record"))
                rows, offsets = rows[good], offsets[good]
            self.position += end - start
            yield RecordBatch(layout, rows[::-1], offsets[::-1], self._ahz)
            end = start
