"""Stand-in for `acctship.records.BackwardReader`: regular files only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from acctship.errors import FormatError, InputError
from acctship.records import Hole, Reader, RecordBatch
from acctship.records.plausible import plausible


class BackwardReader(Reader):
    """The records of one file, newest first."""

    def __init__(self, path: str, **options: Any) -> None:
        super().__init__(path, **options)
        if self.size is None:
            self.close()
            raise InputError(f"{self.name}: a pipe cannot be read backwards: write it to a file first")
        self._batches = self._backwards(self.size)

    def _backwards(self, size: int) -> Iterator[RecordBatch]:
        layout = self.detection.layout
        end = size - size % layout.size
        if end < size:
            self._on_hole(Hole(end, size - end, "the last record is cut short"))
        while end:
            start = max(0, end - self._batch_records * layout.size)
            rows = np.frombuffer(os.pread(self._descriptor, end - start, start), layout.dtype)
            if not plausible(layout, rows).all():
                raise FormatError(f"{self.name}: between offset {start} and {end}: no record of {layout.title}")
            offsets = np.arange(start, end, layout.size, dtype=np.int64)
            self.position += end - start
            backwards = rows.view(f"V{layout.size}")[::-1].copy().view(layout.dtype)  # with what no field holds
            yield RecordBatch(layout, backwards, offsets[::-1], self._ahz)
            end = start
