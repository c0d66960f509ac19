"""`acctship decode`: accounting records as events on standard output."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from acctship import config
from acctship.cli.options import config_option, file_option, source_options
from acctship.cli.progress import progress_bar
from acctship.cli.sources import SOME_SKIPPED, Origin, choose_files, describe, describe_hole
from acctship.cli.terminal import colour_json, coloured, is_terminal, say, write
from acctship.errors import ConfigError, InputError
from acctship.events.fields import leaves
from acctship.events.normalize import Normalizer
from acctship.events.render import Form, Rendering, rendering
from acctship.records import Hole, Reader


def _complete_fields(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    done, comma, last = incomplete.rpartition(",")
    return [done + comma + field.name for field in leaves() if field.name.startswith(last)]


@click.command("decode")
@config_option
@file_option
@click.option(
    "--to", "form", type=click.Choice(["json", "csv", "msgpack"]), default="json", show_default=True, help="Encoding."
)
@click.option(
    "--select",
    metavar="FIELD,...",
    shell_complete=_complete_fields,
    help="Only these fields; `acctship schema` lists them.",
)
@source_options
def command(config_path: Path | None, files: tuple[str, ...], form: Form, select: str | None, **origin: Any) -> int:
    """Print accounting records as events, one JSON object a line.

    \b
    acctship decode | head -1
    acctship decode -f pacct.1 --select @timestamp,user.name,process.name --to csv
    ssh web1 cat /var/log/account/pacct | acctship decode -f - --host-name web1 --source-id ID --numeric

    In CSV a text that a spreadsheet would take for a formula has its first character escaped: =1 becomes \\x3d1.
    """
    settings = config.load(config_path)
    where = Origin(**origin)
    names = where.names()
    header, render = _rendering(form, select)
    if form == "msgpack" and is_terminal(1):
        raise click.UsageError("MessagePack is no text: send it to a file or a pipe, not to a terminal.")
    paths = choose_files(files, settings)
    write(header)
    code = 0
    with progress_bar() as progress:
        for path in paths:
            holes: list[Hole] = []
            normalizer = Normalizer(describe(path, settings, where), names)
            try:
                with Reader(path, on_hole=holes.append) as reader:
                    for records in reader:
                        write(render(normalizer.events(records)))
                        progress(reader)
            except InputError as error:
                say(str(error))
                code = error.exit_code
            for hole in holes:
                say(describe_hole(reader.name, hole))
                code = code or SOME_SKIPPED
    return code


def _rendering(form: Form, select: str | None) -> Rendering:
    try:
        header, render = rendering(form, None if select is None else select.split(","))
    except ConfigError as error:
        raise click.UsageError(str(error)) from None
    if form == "json" and coloured(1):
        return Rendering(header, lambda batch: colour_json(render(batch)))
    return Rendering(header, render)
