"""Rows as GNU's sa prints them.

Source: man 8 sa; widths and rounding as sa 6.6.4 was seen to print them. Our rows are the same but for what it gets
wrong: sizes (its `k` columns show a quarter of the KiB that were recorded) and raw bytes in names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Literal

import numpy as np
import numpy.typing as npt

from acctship.reports.keys import OTHER_LABEL, Label
from acctship.reports.order import Sort, mean_memory, memory_seconds, ordered
from acctship.reports.summary import Floats, Rows

JUNK_LABEL = Label(b"**junk**")
MINUTE = 60


@dataclass(frozen=True)
class Style:
    """What sa's options ask for.

    Attributes:
        percentages: of calls and times, after each.
        separate_times: user and system time in columns of their own.
        ratio: of real to CPU time.
        seconds: a call, instead of minutes in all.
        total_io: instead of that a call.
        integral: memory times CPU time, instead of memory.
        paging: faults and swaps instead of I/O and memory: in all, or a call.
        users: rows are users or groups, whose name comes first.
    """

    percentages: bool = False
    separate_times: bool = False
    ratio: bool = False
    seconds: bool = False
    total_io: bool = False
    integral: bool = False
    paging: Literal["no", "total", "mean"] = "no"
    users: bool = False

    def columns(self) -> tuple[str, ...]:
        """What to sum for it, and for any order (see `Summary`)."""
        faults = ("minor_faults", "major_faults", "swaps")
        return ("real", "user", "system", "memory", "io", *(faults if self.paging != "no" else ()))


Cell = tuple[str, Sequence[object]]
"""How to print a column, and what."""


def sa_rows(rows: Rows, style: Style, sort: Sort, *, reverse: bool = False) -> Iterator[bytes]:
    """Rows of text, a total first; many at a time.

    Args:
        rows: in any order.
        style: which columns.
        sort: what counts in the order of rows.
        reverse: whether the lowest comes first.
    """
    total = Rows([Label(b"")], {name: _sum(sums) for name, sums in rows.sums.items()})
    for part in (total, *ordered(rows, sort, reverse=reverse).parts()):
        yield _lines(part, style, total)


def grouped(rows: Rows, threshold: int | None = None) -> Rows:
    """Commands that ran once, or whose name is not all printable ASCII, put together as `***other`.

    Args:
        rows: commands.
        threshold: put those that ran so often, or less, together as `**junk**` before that.
    """
    limit = 0 if threshold is None else threshold
    calls = rows.sums["calls"]
    junk = calls <= limit
    odd = np.array([not all(0x20 <= byte <= 0x7E for byte in label.name) for label in rows.labels], bool)
    other = ~junk & (odd | (calls == 1))
    kept = np.flatnonzero(~junk & ~other)
    labels = [rows.labels[at] for at in kept]
    parts = {name: [sums[kept]] for name, sums in rows.sums.items()}
    for label, members in ((JUNK_LABEL, junk), (OTHER_LABEL, other)):
        if members.any():
            forked = any(rows.labels[at].forked for at in np.flatnonzero(members))
            labels.append(label._replace(forked=forked))
            for name, sums in rows.sums.items():
                parts[name].append(_sum(sums[members]))
    return Rows(labels, {name: np.concatenate(part) for name, part in parts.items()})


def _sum(values: Floats) -> Floats:
    return np.array([fsum(values.tolist())])  # without rounding errors, and so the same in any order


def _lines(rows: Rows, style: Style, total: Rows) -> bytes:
    cells = list(_cells(rows, style, total))
    names = [label.text() for label in rows.labels]
    if style.users:
        cells.insert(0, ("%-32.32s ", names))
    elif rows is not total:
        cells.append(("   %s", names))
    form = "".join(form for form, _ in cells) + "\n"
    lines = [form % row for row in zip(*(values for _, values in cells), strict=True)]
    return "".join(lines).encode("utf-8", "backslashreplace")


def _cells(rows: Rows, style: Style, total: Rows) -> Iterator[Cell]:
    calls, cpu = rows.sums["calls"], rows.cpu()
    times = [("re", rows.sums["real"], total.sums["real"])]
    if style.separate_times:
        times += [(unit, rows.sums[name], total.sums[name]) for unit, name in (("u", "user"), ("s", "system"))]
    else:
        times.append(("cp", cpu, total.cpu()))
    yield "%8d", calls.tolist()
    if style.percentages:
        yield _percentages(calls, total.sums["calls"])
    for unit, seconds, whole in times:
        yield f" %10.2f{unit}", (seconds / calls if style.seconds else seconds / MINUTE).tolist()
        if style.percentages:
            yield _percentages(seconds, whole)
    if style.ratio:
        ratios = zip(rows.sums["real"].tolist(), cpu.tolist(), strict=True)
        yield "%8sre/cp", [f"{real / used:.1f}" if used else "*ignore*" for real, used in ratios]
    if style.paging != "no":
        yield from _paging(rows, style)
    else:
        io = rows.sums["io"]
        yield ("%10.0ftio", io.tolist()) if style.total_io else ("%10.0favio", (io / calls).tolist())
        memory = memory_seconds(rows) if style.integral else mean_memory(rows)
        yield (" %9.0fk*sec" if style.integral else " %9.0fk"), memory.tolist()


def _paging(rows: Rows, style: Style) -> Iterator[Cell]:
    for unit, name in (("min", "minor_faults"), ("maj", "major_faults"), ("swp", "swaps")):
        if style.paging == "total":
            yield f"%10.0f{unit} ", rows.sums[name].tolist()
        else:
            yield f"%5.0f{unit}/c ", (rows.sums[name] / rows.sums["calls"]).tolist()


def _percentages(values: Floats, whole: npt.NDArray[np.float64]) -> Cell:
    return " %7.2f%%", (values / (whole or 1) * 100).tolist()
