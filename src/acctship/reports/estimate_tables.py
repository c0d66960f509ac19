"""An estimate in words, rows and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from acctship.events.escape import escape
from acctship.events.times import zulu
from acctship.reports.audit_log import AuditLog
from acctship.reports.estimate import BATCH_BYTES, BATCH_EVENTS, GZIP_LEVEL, Estimate, Omit
from acctship.reports.span import DAY, Covered

Row = tuple[str, ...]

_UNITS = (("d", DAY), ("h", 3600), ("min", 60), ("s", 1))


def header(estimate: Estimate) -> Iterator[str]:
    """Lines that say what the figures come from."""
    covered = estimate.covered
    yield f"Records: {estimate.records:,}, {_covered(covered)}."
    if not covered.seconds:
        yield "They tell no rate: the figures are totals, not those of a day."
    elif covered.seconds < DAY:
        times = f"times {DAY / covered.seconds:,.1f}"
        yield f"A day is extrapolated from {_duration(covered.seconds)}, {times}: its other hours may be unlike these."
    if estimate.measured < estimate.records:
        yield f"Measured on {estimate.measured:,} of them, chosen evenly; ± holds in 95 of 100 cases."


def cost_table(estimate: Estimate, labels: Mapping[Omit, str]) -> tuple[Row, list[Row]]:
    """Headings and rows: what shipping costs, for each way to leave fields out."""
    whole = next(iter(estimate.costs.values())).bytes
    rows: list[Row] = []
    for omit, cost in estimate.costs.items():
        amounts = (
            _size(_daily(cost.bytes, estimate.covered)),
            _error(cost.bytes_error, cost.bytes),
            _size(_daily(cost.gzip_bytes, estimate.covered)),
            _error(cost.gzip_bytes_error, cost.gzip_bytes),
        )
        events = f"{_daily(estimate.records, estimate.covered):,}"
        rows.append(
            (labels[omit], events, *amounts, _size(cost.bytes // estimate.records), _percent(cost.bytes, whole))
        )
    day = _day(estimate.covered)
    return ("OMIT", f"EVENTS{day}", f"BYTES{day}", "±", f"GZIPPED{day}", "±", "BYTES/EVENT", "OF FULL"), rows


def command_table(estimate: Estimate, charged: Omit) -> tuple[Row, list[Row]]:
    """Headings and rows: the commands that cost most, which is what excluding them would save."""
    rows: list[Row] = []
    for cost in command_costs(estimate, charged):
        amounts = (f"{_daily(cost['events'], estimate.covered):,}", _size(_daily(cost["bytes"], estimate.covered)))
        gzipped = _size(_daily(cost["gzip_bytes"], estimate.covered))
        rows.append((cost["command"], *amounts, gzipped, _percent(cost["bytes"], estimate.costs[charged].bytes)))
    day = _day(estimate.covered)
    return ("COMMAND", f"EVENTS{day}", f"BYTES{day}", f"GZIPPED{day}", "SHARE"), rows


def others(estimate: Estimate, charged: Omit) -> str | None:
    """A line about the commands that the table leaves out; None if it has all."""
    events = estimate.records - sum(cost.events for cost in estimate.commands)
    if not events:
        return None
    size = max(0, estimate.costs[charged].bytes - sum(cost.bytes for cost in estimate.commands))
    share = _percent(size, estimate.costs[charged].bytes)
    line = f"All other commands: {_size(_daily(size, estimate.covered))}{_day(estimate.covered).lower()}, {share}."
    if estimate.forgotten:
        line += f" Names were too many to keep: {estimate.forgotten:,} events of rare ones are counted here only."
    return line


def audit_header(log: AuditLog, estimate: Estimate) -> Iterator[str]:
    """Lines that say what auditd's figures come from."""
    covered = log.covered()
    yield f"Events of auditd's: {log.events:,}, {_covered(covered)}."
    if log.bad_lines:
        yield f"Lines that are none of auditd's: {log.bad_lines:,}; their bytes are counted."
    if not covered.seconds:
        yield "They tell no rate: the figures are totals, and cannot be compared."
    elif covered.last < estimate.covered.first or estimate.covered.last < covered.first:
        yield "Its time and that of the records do not overlap: the days compared are different ones."


def audit_table(log: AuditLog, estimate: Estimate, labels: Mapping[Omit, str]) -> tuple[Row, list[Row]]:
    """Headings and rows: auditd's bytes, and how much of them ours would be."""
    covered = log.covered()
    comparable = covered.seconds and estimate.covered.seconds
    rows: list[Row] = []
    for name, events, size in (("all", log.events, log.bytes), ("execve", log.exec_events, log.exec_bytes)):
        theirs = _daily(size, covered)
        ours = (_daily(cost.bytes, estimate.covered) for cost in estimate.costs.values())
        ratios = [_percent(our, theirs) if comparable else "-" for our in ours]
        rows.append((name, f"{_daily(events, covered):,}", _size(theirs), *ratios))
    headings = [f"{labels[omit].upper()} IS" for omit in estimate.costs]
    return ("AUDITD", f"EVENTS{_day(covered)}", f"BYTES{_day(covered)}", *headings), rows


def as_json(estimate: Estimate, labels: Mapping[Omit, str], charged: Omit, log: AuditLog | None) -> dict[str, Any]:
    """All of it as one object. Rates are null where the time covered is 0; sizes are in bytes."""
    document = {
        "records": estimate.records,
        "measured": estimate.measured,
        **_rates(estimate.covered, {"events": estimate.records}),
        "gzip": {"level": GZIP_LEVEL, "batch_events": BATCH_EVENTS, "batch_bytes": BATCH_BYTES},
        "costs": [
            {
                "omit": labels[omit],
                **cost._asdict(),
                **_per_day(estimate.covered, {"bytes": cost.bytes, "gzip_bytes": cost.gzip_bytes}),
            }
            for omit, cost in estimate.costs.items()
        ],
        "commands": {
            "omit": labels[charged],
            "costliest": [
                {**cost, **_per_day(estimate.covered, {key: cost[key] for key in ("events", "bytes", "gzip_bytes")})}
                for cost in command_costs(estimate, charged)
            ],
            "forgotten_events": estimate.forgotten,
        },
    }
    if log is not None:
        sums = {
            "events": log.events,
            "bytes": log.bytes,
            "exec_events": log.exec_events,
            "exec_bytes": log.exec_bytes,
        }
        document["auditd"] = {**sums, "bad_lines": log.bad_lines, **_rates(log.covered(), sums)}
    return document


def command_costs(estimate: Estimate, charged: Omit) -> list[dict[str, Any]]:
    """Each of the commands that cost most: its name, escaped, its events, bytes, and share of the compressed bytes."""
    whole = estimate.costs[charged]
    ratio = whole.gzip_bytes / whole.bytes
    return [
        {
            "command": escape(cost.name),
            "events": cost.events,
            "bytes": cost.bytes,
            "gzip_bytes": round(cost.bytes * ratio),
        }
        for cost in estimate.commands
    ]


def _rates(covered: Covered, sums: Mapping[str, int]) -> dict[str, Any]:
    ends = {"first": zulu(covered.first).decode(), "last": zulu(covered.last).decode()}
    return {**ends, "covered_seconds": covered.seconds, "gaps": covered.gaps, **_per_day(covered, sums)}


def _per_day(covered: Covered, sums: Mapping[str, int]) -> dict[str, int | None]:
    return {f"{key}_per_day": _daily(total, covered) if covered.seconds else None for key, total in sums.items()}


def _daily(total: int, covered: Covered) -> int:
    """So much a day; the total itself where that cannot be told."""
    return round(total * DAY / covered.seconds) if covered.seconds else total


def _day(covered: Covered) -> str:
    return "/DAY" if covered.seconds else ""


def _covered(covered: Covered) -> str:
    word = "gap" if covered.gaps == 1 else "gaps"
    gaps = f", less {covered.gaps} {word} of a day or more" if covered.gaps else ""
    return f"{zulu(covered.first).decode()} to {zulu(covered.last).decode()}{gaps}: {_duration(covered.seconds)}"


def _duration(seconds: int) -> str:
    """In the two largest units that it has.

    >>> _duration(93_784), _duration(0)
    ('1 d 2 h', '0 s')
    """
    parts: list[str] = []
    for name, unit in _UNITS:
        amount, seconds = divmod(seconds, unit)
        if amount or parts or unit == 1:
            parts.append(f"{amount} {name}")
    return " ".join(parts[:2])


def _size(size: int) -> str:
    """In three digits.

    >>> _size(930), _size(1_234_567), _size(999_999)
    ('930 B', '1.23 MB', '1.00 MB')
    """
    if size < 1000:
        return f"{size} B"
    scaled = float(size)
    for unit in ("kB", "MB", "GB", "TB", "PB"):  # noqa: B007 - the last one is used
        scaled /= 1000
        if scaled < 999.5:
            break
    return f"{scaled:.{2 if scaled < 9.995 else 1 if scaled < 99.95 else 0}f} {unit}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _error(error: int, size: int) -> str:
    return f"{100 * error / size:.2f} %" if error else "exact"
