"""Is all well? In words, and as an exit code that monitoring plugins have agreed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from acctship.cli.status_seen import Seen
from acctship.delivery.keeping.status import OutputStatus
from acctship.events.escape import escape_line

OK, WARNING, CRITICAL, UNKNOWN = range(4)
WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
GRAVE = frozenset({"accounting-stopped", "accounting-paused", "file-unreadable", "state-unwritable"})
"""Outages in which records are lost, or none is shipped."""


@dataclass(frozen=True)
class Limits:
    """What the command line allows; None: anything.

    Attributes:
        lag: seconds.
        dead_letters: events of all outputs together.
    """

    lag: float | None = None
    dead_letters: int | None = None


class Problem(NamedTuple):
    """Something that is not well: how bad that is, and what."""

    level: int
    text: str


def problems(seen: Seen, limits: Limits) -> list[Problem]:
    """What is not well, the worst first."""
    found = [*_daemon(seen), *_source(seen)]
    for name, output in seen.status.outputs.items():
        found += _output(name, output, limits, running=seen.running)
    letters = sum(output.dead_letters for output in seen.status.outputs.values())
    if limits.dead_letters is not None and letters > limits.dead_letters:
        found.append(Problem(CRITICAL, f"{letters} dead letters: see `acctship deadletter list`"))
    return sorted(found, key=lambda problem: -problem.level)


def first_line(seen: Seen, found: list[Problem], limits: Limits) -> str:
    """What a monitoring system shows, with performance data behind the bar."""
    level = max((problem.level for problem in found), default=OK)
    outputs = seen.status.outputs
    well = f"{len(outputs)} output{'s' if len(outputs) != 1 else ''}, lag {_most_lag(seen):.0f} s"
    text = "; ".join(problem.text for problem in found) or well
    return f"{WORDS[level]}: {escape_line(text).replace('|', '/')} | {_performance(seen, limits)}"


def _performance(seen: Seen, limits: Limits) -> str:
    """'label'=value[unit];[warn];[crit];[min] as the Monitoring Plugins Development Guidelines have it."""
    lag = "" if limits.lag is None else f"{limits.lag:g}"
    letters = "" if limits.dead_letters is None else f"{limits.dead_letters}"
    outputs = seen.status.outputs
    data = [
        f"lag={_most_lag(seen):.1f}s;;{lag};0",
        f"dead_letters={sum(one.dead_letters for one in outputs.values())};;{letters};0",
    ]
    for name, one in outputs.items():
        data += [f"{name}_lag={one.lag_seconds:.1f}s;;{lag};0", f"{name}_delivered={one.delivered}c"]
    return " ".join(data)


def _most_lag(seen: Seen) -> float:
    return max((output.lag_seconds for output in seen.status.outputs.values()), default=0.0)


def _daemon(seen: Seen) -> list[Problem]:
    if not seen.running:
        return [Problem(CRITICAL, "acctship does not run")]
    if seen.age is None:
        return [Problem(WARNING, "acctship starts, or cannot write into its state folder")]
    if not seen.fresh:
        why = "it starts, is stuck, or cannot write into its state folder"
        return [Problem(CRITICAL, f"acctship runs, but its status is {seen.age:.0f} s old: {why}")]
    return []


def _source(seen: Seen) -> list[Problem]:
    found = [
        Problem(CRITICAL if one.action in GRAVE else WARNING, f"{one.action}: {one.about}")
        for one in seen.status.outages
        if not one.action.startswith("output-")  # its state says it
    ]
    canary = seen.status.source.canary
    if canary is not None and canary.state == "missing":
        found.append(Problem(CRITICAL, "the canary has no record: is accounting on?"))
    return found


def _output(name: str, output: OutputStatus, limits: Limits, *, running: bool) -> list[Problem]:
    found, why = [], f": {output.last_error}" if output.last_error else ""
    if output.state == "halted":
        found.append(Problem(CRITICAL, f"{name} is halted{why}"))
    elif output.state == "stopped" and running:
        found.append(Problem(CRITICAL, f"{name} is stopped{why}"))
    elif output.state == "retrying":
        found.append(Problem(WARNING, f"{name} is not reached{why}"))
    if limits.lag is not None and output.lag_seconds > limits.lag:
        found.append(Problem(CRITICAL, f"{name} lags by {output.lag_seconds:.0f} s, {output.lag_records} records"))
    return found
