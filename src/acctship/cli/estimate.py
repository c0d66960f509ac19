"""`acctship estimate`: what shipping would cost, told from accounting files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from acctship import config
from acctship.cli.options import config_option, file_option, layout_option, source_options
from acctship.cli.reading import Files
from acctship.cli.sources import Origin, choose_files, describe
from acctship.cli.terminal import colour_json, coloured, write, write_line, write_table
from acctship.events.omit import PRESETS, omitted
from acctship.events.source import Source
from acctship.records import Layout, RecordBatch
from acctship.reports import audit_log, estimate_tables as tables
from acctship.reports.estimate import BATCH_EVENTS, Omit, estimate


@click.command("estimate")
@config_option
@file_option
@click.argument("more", nargs=-1, type=click.Path(readable=False, allow_dash=True), metavar="[FILE]...")
@layout_option
@click.option(
    "--against",
    "audit_logs",
    multiple=True,
    type=click.Path(readable=False),
    metavar="FILE",
    help="Log of auditd, plain or gzip, to compare with; repeatable, for the parts of one log.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
@source_options
def command(
    *,
    config_path: Path | None,
    files: tuple[str, ...],
    more: tuple[str, ...],
    layout: Layout | None,
    audit_logs: tuple[str, ...],
    as_json: bool,
    **origin: Any,
) -> int:
    """Tell what shipping would cost a day, in events and bytes, raw and gzipped.

    \b
    acctship estimate
    acctship estimate -c siem.toml /var/log/account/pacct.1 /var/log/account/pacct
    acctship estimate --against /var/log/audit/audit.log

    For omit = "full", "minimal" and what the configuration omits; then the commands that cost most, which is what
    excluding each would save. All records count, whatever `where` of an output leaves out. Nothing is sent.
    """
    settings = config.load(config_path)
    where = Origin(**origin)
    labels, charged = _omits(settings)
    log = audit_log.read(audit_logs) if audit_logs else None
    inputs = Files(choose_files((*files, *more), settings), layout, batch_records=BATCH_EVENTS)
    found = estimate(_batches(inputs, settings, where), where.names(), labels, charged)
    if found is None:
        return inputs.code
    if as_json:
        document = msgspec.json.encode(tables.as_json(found, labels, charged, log)) + b"\n"
        write(colour_json(document) if coloured(1) else document)
        return inputs.code
    write_line("\n".join((*tables.header(found), "")))
    _write_figures(*tables.cost_table(found, labels))
    write_line(f"\nWhat costs most as {labels[charged]}, and so what excluding it would save:\n")
    _write_figures(*tables.command_table(found, charged))
    if (others := tables.others(found, charged)) is not None:
        write_line(others)
    if log is not None:
        write_line("\n".join(("", *tables.audit_header(log, found), "")))
        _write_figures(*tables.audit_table(log, found, labels))
    return inputs.code


def _omits(settings: config.Config) -> tuple[dict[Omit, str], Omit]:
    """What to leave out, each with its names, and which to tell the cost of commands by."""
    names: dict[Omit, list[str]] = {omitted(preset, ""): [preset] for preset in PRESETS}
    configured = settings.omissions()
    for output, omit in configured.items():
        names.setdefault(omit, []).append(f"outputs.{output}")
    (charged,) = set(configured.values()) if len(set(configured.values())) == 1 else (omitted("full", ""),)
    return {omit: ", ".join(all_names) for omit, all_names in names.items()}, charged


def _batches(inputs: Files, settings: config.Config, where: Origin) -> Iterator[tuple[RecordBatch, Source]]:
    current = None
    for reader, records in inputs.batches():
        if reader is not current:
            current, source = reader, describe(reader.path, settings, where)
        yield records, source


def _write_figures(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Write a table whose columns but the first are figures, which stand to the right."""
    first, *rest = zip(headings, *rows, strict=True)
    figures = [[cell.rjust(max(map(len, column))) for cell in column] for column in rest]
    aligned = list(zip(first, *figures, strict=True))
    write_table(aligned[1:], aligned[0])
