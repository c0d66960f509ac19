"""`acctship summary`: what commands, users or hours cost; the successor of GNU's sa."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from acctship import config
from acctship.cli.options import ahz_option, config_option, file_option, layout_option
from acctship.cli.reading import Files
from acctship.cli.sa_options import check, rows_only, sa_options, sort, style
from acctship.cli.sources import Origin, choose_files, describe
from acctship.cli.terminal import is_terminal, say, write
from acctship.events.names import Names, system_names
from acctship.records import Layout
from acctship.reports.keys import UNKNOWN, By, key
from acctship.reports.order import ordered
from acctship.reports.summary import MOST_PERCENTILES, MOST_ROWS, Rows, Summary

BATCH_RECORDS = 16_384
"""A megabyte at a time: half of a usual second-level cache."""


@click.command("summary")
@click.argument("arguments", nargs=-1, type=click.Path(readable=False, allow_dash=True), metavar="[FILE]...")
@config_option
@file_option
@layout_option
@ahz_option
@click.option(
    "--by",
    type=click.Choice(["command", "user", "group", "tty", "hour", "host"]),
    help="What a row stands for; with columns of our own.",
)
@click.option("--json", "form", flag_value="json", help="A JSON object a line.")
@click.option("--csv", "form", flag_value="csv", help="CSV with a header.")
@sa_options
def command(
    *,
    arguments: tuple[str, ...],
    config_path: Path | None,
    files: tuple[str, ...],
    layout: Layout | None,
    ahz: int | None,
    by: By | None,
    form: str | None,
    more_files: tuple[str, ...],
    **options: Any,
) -> int:
    """Sum up accounting records: calls, times, memory, failures.

    \b
    acctship summary                           sa's rows; on a terminal, a table with bars
    acctship summary --by user -f pacct.1      failures, and percentiles of the duration, too
    acctship summary --by hour --json          for machines, with units in the names of fields
    acctship summary -m -l /var/account/pacct  as sa -m -l

    The options of GNU's sa mean what they mean there, but for two letters that mean the same in all of acctship: -c is
    --config (for sa's, say --percentages), and -f is --file (for sa's, say --not-interactive).
    """
    check(options)
    asked = rows_only(options)
    if asked and (by or form):
        raise click.UsageError(f"--by, --json and --csv have columns of their own: leave out {', '.join(asked)}.")
    settings = config.load(config_path)
    inputs = Files(choose_files((*files, *more_files, *arguments), settings), layout, ahz, BATCH_RECORDS)
    names = system_names()
    if options["print_users"]:
        _print_records(inputs, names)
    elif asked or not (by or form or is_terminal(1)):
        _print_sa_rows(inputs, names, options)
    else:
        _print_own_rows(inputs, names, by or "command", form, settings, reverse=options["reverse_sort"])
    return inputs.code


def _print_records(inputs: Files, names: Names) -> None:
    from acctship.reports.sa_records import record_rows  # noqa: PLC0415 - a use of its own

    for _, records in inputs.batches():
        write(record_rows(records, names.user))


def _print_sa_rows(inputs: Files, names: Names, options: dict[str, Any]) -> None:
    from acctship.reports.sa_rows import grouped, sa_rows  # noqa: PLC0415 - one of several forms

    look = style(options)
    by: By = "user" if options["user_summary"] else "group" if options["group_summary"] else "command"
    summary = Summary(key(by, names), look.columns())
    for _, records in inputs.batches():
        summary.add(records)
    rows = _rows(summary, by)
    if by == "command" and not options["list_all_names"]:
        rows = grouped(rows, options["threshold"])
    if len(rows):
        _write_all(sa_rows(rows, look, sort(), reverse=options["reverse_sort"]))


def _print_own_rows(
    inputs: Files, names: Names, by: By, form: str | None, settings: config.Config, *, reverse: bool
) -> None:
    from acctship.reports import own_rows  # noqa: PLC0415 - one of several forms

    order = sort()
    columns = (*own_rows.COLUMNS, *(("io",) if order.startswith("io") else ()))
    summary = Summary(key(by, names), columns, percentiles=True)
    current, host = None, UNKNOWN
    for reader, records in inputs.batches():
        if reader is not current:
            current, host = reader, describe(reader.path, settings, Origin()).machine.name or UNKNOWN
        summary.add(records, host)
    rows = _rows(summary, by, own_rows.PERCENTS)
    del summary  # its memory goes to the text
    rows = ordered(rows, order, reverse=reverse)
    if not len(rows):
        return
    if form == "json":
        _write_all(own_rows.json_rows(rows, by))
    elif form == "csv":
        _write_all(own_rows.csv_rows(rows, by))
    elif is_terminal(1):
        from acctship.cli.bars import write_bars  # noqa: PLC0415 - takes rich with it

        write_bars(rows, by)
    else:
        _write_all(own_rows.plain_rows(rows, by))


def _rows(summary: Summary, by: By, percents: Sequence[int] = ()) -> Rows:
    rows = summary.rows(percents)
    if summary.overflowed:
        say(f"more than {MOST_ROWS:,} {by}s: those that came after are counted as ***other")
    if percents and len(rows) > MOST_PERCENTILES:
        say(f"more than {MOST_PERCENTILES:,} {by}s: those that came after have no percentiles")
    return rows


def _write_all(parts: Iterable[bytes]) -> None:
    for part in parts:
        write(part)
