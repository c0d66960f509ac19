"""The status for people."""

from __future__ import annotations

import time
from datetime import datetime

from acctship.cli.status_seen import Seen
from acctship.cli.status_verdict import Problem
from acctship.cli.terminal import coloured, write_line, write_table
from acctship.delivery.keeping.status import OutputStatus, SourceStatus
from acctship.events.escape import escape_line

_HEADINGS = (
    "OUTPUT", "GUARANTEE", "STATE", "LAG", "RECORDS", "DELIVERED", "REJECTED", "RETRIED", "DEAD LETTERS", "LAST ERROR",
)  # fmt: skip


def write_status(seen: Seen, found: list[Problem]) -> None:
    """Print it: the daemon, the source, a row for each output, then what is not well."""
    write_line(_daemon(seen))
    write_line(_source(seen.status.source))
    write_line("")
    write_table([_row(name, one) for name, one in seen.status.outputs.items()], _HEADINGS)
    if seen.status.outages:
        write_line("")
        rows = [(one.action, escape_line(one.about), _moment(one.since)) for one in seen.status.outages]
        write_table(rows, ("OUTAGE", "OF", "SINCE"))
    if found:
        write_line("")
    for problem in found:
        write_line(f"\x1b[31m{escape_line(problem.text)}\x1b[0m" if coloured(1) else escape_line(problem.text))


def _daemon(seen: Seen) -> str:
    status = seen.status
    if not seen.running:
        last = "" if seen.age is None else f" since {_moment(time.time() - seen.age)} or a few seconds later"
        return f"acctship does not run{last}: lag is told by what is on disk"
    if not seen.fresh:
        return "acctship runs, but says nothing of itself: lag is told by what is on disk"
    return f"acctship {escape_line(status.version)} runs as process {status.pid} since {_moment(status.started)}"


def _source(source: SourceStatus) -> str:
    parts = [
        f"{source.path}: {source.held} segments in files, {source.held_bytes:,} bytes; {source.segments} known",
        f"gaps {source.gaps}, cuts {source.cuts}, losses {source.losses}",
    ]
    if (canary := source.canary) is not None:
        found = "never" if canary.last_found is None else _moment(canary.last_found)
        parts.append(f"canary {canary.state}, {canary.found} of {canary.sent} found, the last one {found}")
    return escape_line("; ".join(parts))


def _row(name: str, output: OutputStatus) -> tuple[str, ...]:
    return (
        name,
        escape_line(output.guarantee) or "?",
        output.state,
        _duration(output.lag_seconds),
        f"{output.lag_records:,}",
        f"{output.delivered:,}",
        f"{output.rejected:,}",
        f"{output.retried:,}",
        f"{output.dead_letters:,}",
        escape_line(output.last_error) or "-",
    )


def _duration(seconds: float) -> str:
    """Seconds as people say them.

    >>> _duration(0.4), _duration(200), _duration(90_000)
    ('0 s', '3 min', '25 h')
    """
    for unit, size, most in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172_800)):
        if seconds < most:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"


def _moment(when: float) -> str:
    return f"{datetime.fromtimestamp(when).astimezone():%Y-%m-%d %H:%M:%S}"
