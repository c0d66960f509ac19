"""In which order the rows of a summary come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from acctship.reports.summary import Floats, Rows

Sort = Literal["cpu", "calls", "cpu per call", "io per call", "io", "memory", "k*sec", "real"]


def mean_memory(rows: Rows) -> Floats:
    """Average virtual size at exit, in KiB."""
    mean: Floats = rows.sums["memory"] / rows.sums["calls"]
    return mean


def memory_seconds(rows: Rows) -> Floats:
    """Average size in KiB times the CPU time in seconds; as in sa, times the calls where no CPU time was counted."""
    cpu = rows.cpu()
    calls = rows.sums["calls"]
    integral: Floats = rows.sums["memory"] * np.where(cpu > 0, cpu, calls) / calls
    return integral


KEYS: dict[Sort, Callable[[Rows], Floats]] = {
    "cpu": Rows.cpu,
    "calls": lambda rows: rows.sums["calls"],
    "cpu per call": lambda rows: rows.cpu() / rows.sums["calls"],
    "io per call": lambda rows: rows.sums["io"] / rows.sums["calls"],
    "io": lambda rows: rows.sums["io"],
    "memory": mean_memory,
    "k*sec": memory_seconds,
    "real": lambda rows: rows.sums["real"],
}


def ordered(rows: Rows, sort: Sort, *, reverse: bool = False) -> Rows:
    """Rows from the highest to the lowest; where that ties, by the number of calls, and then by name.

    Args:
        rows: in any order.
        sort: what counts.
        reverse: whether the lowest comes first; names go from a to z all the same.
    """
    keys = np.stack([KEYS[sort](rows), rows.sums["calls"]])
    first, second = (keys if reverse else -keys).tolist()
    places = sorted(range(len(rows)), key=lambda at: (first[at], second[at], rows.labels[at]))
    return Rows([rows.labels[at] for at in places], {name: sums[places] for name, sums in rows.sums.items()})
