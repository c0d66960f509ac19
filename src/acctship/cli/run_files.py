"""`acctship run --once --file FILE`: ship files that a person names."""

from __future__ import annotations

import traceback
from typing import NamedTuple

import click

from acctship import config
from acctship.cli import DEBUG
from acctship.cli.progress import progress_bar
from acctship.cli.sources import SOME_SKIPPED, Origin, choose_files, describe, describe_hole
from acctship.cli.terminal import say
from acctship.delivery.once import Reports, ship
from acctship.delivery.sending.tally import Tally
from acctship.deployed import Deployed
from acctship.errors import AcctshipError
from acctship.records import Layout

MOST_REJECTIONS = 10
"""Rejected events that are named for each output; the others are counted."""


def run_files(
    ctx: click.Context, settings: config.Config, files: tuple[str, ...], layout: Layout | None, where: Origin
) -> int:
    """Ship files to their present ends, whatever has been shipped before; no state is kept."""
    outputs = settings.outputs()
    paths = choose_files(files, settings)
    rejections: dict[str, int] = {}

    def rejected(output: str, event: str, why: str) -> None:
        rejections[output] = rejections.get(output, 0) + 1
        if rejections[output] <= MOST_REJECTIONS:
            say(f"outputs.{output}: event {event} was rejected: {why}")

    with progress_bar() as progress:
        reports = Reports(
            unreadable=lambda error: say(str(error)),
            hole=lambda name, hole: say(describe_hole(name, hole)),
            rejected=rejected,
            progress=progress,
        )
        sources = [(path, describe(path, settings, where)) for path in paths]
        result = ship(sources, where.names(), outputs, reports, layout)
    files_read = f"{len(paths)} files" if len(paths) > 1 else paths[0]
    for output in outputs:
        tally = result.tallies[output.name]
        counts = Counts(result.records, result.filtered[output.name], tally.delivered, tally.rejected)
        say(summary(output, files_read, counts, tally))
        if tally.failure is not None and DEBUG in ctx.find_root().meta:
            traceback.print_exception(tally.failure)
    if result.unreadable or not all(tally.complete for tally in result.tallies.values()):
        return 1
    return SOME_SKIPPED if result.holes else 0


class Counts(NamedTuple):
    """What became of the records for one output."""

    records: int
    filtered: int
    delivered: int
    rejected: int


def summary(output: Deployed, source: str, counts: Counts, tally: Tally) -> str:
    """One line that says what a run came to."""
    parts = [f"{counts.records:,} records of {source}: {counts.delivered:,} events delivered"]
    if counts.filtered:
        parts.append(f"{counts.filtered:,} filtered")
    if tally.retries:
        parts.append(f"{tally.retries:,} sends repeated")
    if counts.rejected:
        parts.append(f"{counts.rejected:,} events rejected")
    if tally.failure is not None:
        parts.append(f"{tally.undelivered:,} NOT DELIVERED: {_reason(tally.failure, output)}")
    return f"outputs.{output.name} ({output.type}, {output.limits.guarantee}): {', '.join(parts)}"


def _reason(failure: BaseException, output: Deployed) -> str:
    if isinstance(failure, AcctshipError):
        return str(failure)
    return f"a bug in {output.found.plugin.package}: {type(failure).__name__}: {failure} (--debug shows where)"
