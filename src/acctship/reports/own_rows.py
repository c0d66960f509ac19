"""Our own columns of a summary: with failures, percentiles of the duration and units, for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from math import isnan

from acctship.events.escape import escape
from acctship.reports.keys import By
from acctship.reports.order import mean_memory
from acctship.reports.summary import Rows

COLUMNS = ("real", "user", "system", "failed", "longest", "memory", "minor_faults", "major_faults", "swaps")
"""What to sum for them (see `Summary`)."""
PERCENTS = (50, 95, 99)

HEADINGS = ("calls", "failed", "real s", "user s", "system s", "p50 s", "p95 s", "p99 s", "max s")
_WIDTHS = (9, 9, 13, 13, 13, 10, 10, 10, 10)
"""Columns for these: fixed, so that no row waits for the others."""

_DIGITS = 6
"""Decimal places of a second: adding up hundredths in binary leaves rubbish far behind these."""
_KIB = 1024


def figures(rows: Rows) -> list[tuple[str, ...]]:
    """What stands below HEADINGS, for people."""
    sums = rows.sums
    counts = [[f"{value:.0f}" for value in sums[name].tolist()] for name in ("calls", "failed")]
    seconds = ("real", "user", "system", *(f"p{percent}" for percent in PERCENTS), "longest")
    times = [["-" if isnan(value) else f"{value:.2f}" for value in sums[name].tolist()] for name in seconds]
    return list(zip(*counts, *times, strict=True))


def plain_rows(rows: Rows, by: By) -> Iterator[bytes]:
    """A table of text, headings first, sums and percentiles in seconds."""
    width = max(len(by), *(len(label.text()) for label in rows.labels))
    form = f"{{:{width}}}" + "".join(f" {{:>{cell}}}" for cell in _WIDTHS) + "\n"
    yield form.format(by, *HEADINGS).encode()
    for part in rows.parts():
        lines = [form.format(label.text(), *cells) for label, cells in zip(part.labels, figures(part), strict=True)]
        yield "".join(lines).encode("utf-8", "backslashreplace")


def json_rows(rows: Rows, by: By) -> Iterator[bytes]:
    """A JSON object a line, times in seconds."""
    for part in rows.parts():
        fields = _fields(part, by)
        objects = (dict(zip(fields, values, strict=True)) for values in zip(*fields.values(), strict=True))
        yield "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects).encode()


def csv_rows(rows: Rows, by: By) -> Iterator[bytes]:
    """The same as CSV (RFC 4180), with a header; no cell is a formula."""
    from acctship.events.render import cell, csv_lines  # noqa: PLC0415 - takes the schema of events with it

    for at, part in enumerate(rows.parts()):
        fields = _fields(part, by)
        cells = [[cell(value) for value in values] for values in zip(*fields.values(), strict=True)]
        yield csv_lines([list(fields), *cells] if at == 0 else cells)


def _fields(rows: Rows, by: By) -> dict[str, Sequence[object]]:
    sums = rows.sums
    fields: dict[str, Sequence[object]] = {by: [escape(label.name) for label in rows.labels]}
    if by == "command":
        fields["forked"] = [label.forked for label in rows.labels]
    for name in ("calls", "failed"):
        fields[name] = sums[name].astype(int).tolist()
    seconds = {"real": "real", "user": "user", "system": "system"}
    seconds |= {f"p{percent}": f"p{percent}" for percent in PERCENTS} | {"max": "longest"}
    for name, column in seconds.items():
        values = sums[column].round(_DIGITS).tolist()
        fields[f"{name}_seconds"] = [None if isnan(value) else value for value in values]
    fields["mean_memory_bytes"] = (mean_memory(rows) * _KIB).round().astype(int).tolist()
    for name in ("minor_faults", "major_faults", "swaps"):
        fields[name] = sums[name].astype(int).tolist()
    return fields
