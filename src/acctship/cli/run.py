"""`acctship run`: ship accounting records to the configured outputs."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import click

from acctship import config
from acctship.cli import DEBUG
from acctship.cli.options import config_option, file_option, layout_option, source_options
from acctship.cli.progress import progress_bar
from acctship.cli.sources import SOME_SKIPPED, Origin, choose_files, describe, describe_hole
from acctship.cli.terminal import say
from acctship.delivery.once import Reports, ship
from acctship.delivery.tally import Tally
from acctship.deployed import Deployed
from acctship.errors import AcctshipError
from acctship.records import Layout

MOST_REJECTIONS = 10
"""Rejected events that are named for each output; the others are counted."""


@click.command("run")
@config_option
@file_option
@layout_option
@click.option("--once", is_flag=True, help="Ship what is there, up to the size each file has now, and end.")
@source_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    config_path: Path | None,
    files: tuple[str, ...],
    layout: Layout | None,
    once: bool,
    **origin: Any,
) -> int:
    """Ship accounting records to the outputs of the configuration.

    \b
    acctship run --once                 this system's file, as JSON lines on standard output
    acctship run --once -c siem.toml -f /var/log/account/pacct.1

    Ends with 1 if anything was not delivered. Without a configuration, events go to standard output.
    """
    if not once:
        raise click.UsageError("Following a file is not built yet: add --once.")
    settings = config.load(config_path)
    outputs = settings.outputs()
    where = Origin(**origin)
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
    for output in outputs:
        tally = result.tallies[output.name]
        say(_summary(output, tally, result.records, paths))
        if tally.failure is not None and DEBUG in ctx.find_root().meta:
            traceback.print_exception(tally.failure)
    if result.unreadable or not all(tally.complete for tally in result.tallies.values()):
        return 1
    return SOME_SKIPPED if result.holes else 0


def _summary(output: Deployed, tally: Tally, records: int, paths: list[str]) -> str:
    files = f"{len(paths)} files" if len(paths) > 1 else paths[0]
    parts = [f"{records:,} records of {files}: {tally.delivered:,} events delivered"]
    if tally.retries:
        parts.append(f"{tally.retries:,} sends repeated")
    if tally.rejected:
        parts.append(f"{tally.rejected:,} events rejected")
    if tally.failure is not None:
        parts.append(f"{tally.undelivered:,} NOT DELIVERED: {_reason(tally.failure, output)}")
    return f"outputs.{output.name} ({output.type}, {output.limits.guarantee}): {', '.join(parts)}"


def _reason(failure: BaseException, output: Deployed) -> str:
    if isinstance(failure, AcctshipError):
        return str(failure)
    return f"a bug in {output.found.plugin.package}: {type(failure).__name__}: {failure} (--debug shows where)"
