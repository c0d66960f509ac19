"""Sums of records by command, user or whatever else, in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from acctship.records import RecordBatch
from acctship.reports.durations import Durations
from acctship.reports.keys import OTHER_LABEL, Key, Label
from acctship.reports.numbering import Numbering, Numbers

Floats = npt.NDArray[np.float64]

IO_UNIT = 100
"""What sa divides the characters transferred by, as it does with times."""
MOST_ROWS = 10_000
"""Rows to tell apart. Whoever runs a process chooses its name, so there can be as many names as records; those that
come when all rows are taken share one."""
MOST_PERCENTILES = 3000
"""Rows, the first that come up, with percentiles of the duration."""

_PART = 1000

TIMES: dict[str, Callable[[RecordBatch], Any]] = {
    "real": RecordBatch.elapsed_ticks,
    "user": RecordBatch.user_ticks,
    "system": RecordBatch.system_ticks,
}
COUNTS: dict[str, Callable[[RecordBatch], Any]] = {
    "memory": RecordBatch.memory_kib,
    "io": lambda records: records.transferred() / IO_UNIT,
    "minor_faults": RecordBatch.minor_faults,
    "major_faults": RecordBatch.major_faults,
    "swaps": RecordBatch.swaps,
}


@dataclass(frozen=True, eq=False)
class Rows:
    """What came of it: a row for each label that has records.

    Attributes:
        labels: what each row stands for; no two are the same, but that one may be called `***other` by its process.
        sums: for each column (see `Summary`) and `calls`, the sums. Times in seconds, memory in KiB.
    """

    labels: list[Label]
    sums: dict[str, Floats]

    def __len__(self) -> int:
        return len(self.labels)

    def parts(self) -> Iterator[Rows]:
        """A thousand rows at a time: written as text, they take ten times the memory."""
        for start in range(0, len(self), _PART):
            part = slice(start, start + _PART)
            yield Rows(self.labels[part], {name: sums[part] for name, sums in self.sums.items()})

    def cpu(self) -> Floats:
        """User and system time together."""
        cpu: Floats = self.sums["user"] + self.sums["system"]
        return cpu


class Summary:
    """Sums of records by a key.

    Args:
        key: how to tell rows apart.
        columns: what to sum beside the calls: names in TIMES and COUNTS, `failed` for the processes that ended by a
            signal or with an exit code other than 0, and, with `real`, `longest` for the highest elapsed time.
        percentiles: whether percentiles of the duration will be asked for; takes the columns `real` and `longest`.

    Example:
        summary = Summary(key("command", system_names()), ["user", "system"])
        for records in reader:
            summary.add(records)
        print(summary.rows().labels)
    """

    def __init__(self, key: Key, columns: Collection[str], *, percentiles: bool = False) -> None:
        self._key = key
        self._numbering = Numbering(key.width, key.label, OTHER_LABEL, most=MOST_ROWS)
        room = MOST_ROWS + len(self._numbering.labels)
        self._sums = {name: np.zeros(room) for name in ("calls", *columns)}
        self._durations = Durations(MOST_PERCENTILES) if percentiles else None

    @property
    def overflowed(self) -> bool:
        """Whether some records are in the row `***other` because all rows were taken."""
        return self._numbering.overflowed

    def add(self, records: RecordBatch, host: str = "") -> None:
        """Count the records of a host in."""
        numbers = self._numbering.numbers(self._key.words(records, host))
        np.add.at(self._sums["calls"], numbers, 1.0)
        for name, column in COUNTS.items():
            if name in self._sums and (values := column(records)).any():  # Linux leaves some at 0
                np.add.at(self._sums[name], numbers, values.astype(np.float64, copy=False))
        rate = records.ticks_per_second()
        # Seconds are summed in the order of the file, rounding errors and all, as sa does: so our figures are its own.
        for name, column in TIMES.items():
            if name in self._sums:
                seconds = column(records) / rate
                np.add.at(self._sums[name], numbers, seconds)
                if name == "real" and "longest" in self._sums:
                    self._add_durations(numbers, seconds)
        if "failed" in self._sums:
            np.add.at(self._sums["failed"], numbers[records.failed()], 1.0)

    def rows(self, percents: Sequence[int] = ()) -> Rows:
        """A row for each label that has records.

        Args:
            percents: percentiles of the duration to add as columns `p50` and so on, see `Durations`; NaN in rows
                beyond MOST_PERCENTILES.
        """
        (taken,) = np.nonzero(self._sums["calls"])
        labels = [self._numbering.labels[number] for number in taken.tolist()]
        sums = {name: sums[taken] for name, sums in self._sums.items()}
        if self._durations:
            found = np.array([self._durations.percentiles(number, percents) for number in taken.tolist()])
            for percent, column in zip(percents, found.reshape(-1, len(percents)).T, strict=True):
                sums[f"p{percent}"] = np.minimum(column, sums["longest"])
        return Rows(labels, sums)

    def _add_durations(self, numbers: Numbers, seconds: Floats) -> None:
        longest = self._sums["longest"]
        longer = np.flatnonzero(seconds > longest.take(numbers))
        np.maximum.at(longest, numbers[longer], seconds[longer])
        if self._durations:
            self._durations.add(numbers, seconds)
