"""`acctship decode`: accounting records as events on standard output."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from acctship import config
from acctship.cli.decode_follow import follow
from acctship.cli.options import config_option, file_option, layout_option, source_options
from acctship.cli.reading import Files
from acctship.cli.sources import Origin, choose_files, describe
from acctship.cli.terminal import colour_json, coloured, is_terminal, write
from acctship.errors import ConfigError
from acctship.events.fields import leaves
from acctship.events.normalize import Normalizer
from acctship.events.render import Form, Rendering, rendering
from acctship.records import STDIN, Layout


def _complete_fields(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    done, comma, last = incomplete.rpartition(",")
    return [done + comma + field.name for field in leaves() if field.name.startswith(last)]


@click.command("decode")
@config_option
@file_option
@layout_option
@click.option(
    "--to", "form", type=click.Choice(["json", "csv", "msgpack"]), default="json", show_default=True, help="Encoding."
)
@click.option(
    "--select",
    metavar="FIELD,...",
    shell_complete=_complete_fields,
    help="Only these fields; `acctship schema` lists them.",
)
@click.option("--follow", "following", is_flag=True, help="Go on as records come, also when the file is rotated.")
@click.option(
    "--state",
    "state_path",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --follow: remember in FILE what has been printed, and go on there the next time.",
)
@source_options
def command(
    *,
    config_path: Path | None,
    files: tuple[str, ...],
    layout: Layout | None,
    form: Form,
    select: str | None,
    following: bool,
    state_path: Path | None,
    **origin: Any,
) -> int:
    """Print accounting records as events, one JSON object a line.

    \b
    acctship decode | head -1
    acctship decode -f pacct.1 --select @timestamp,user.name,process.name --to csv
    ssh web1 cat /var/log/account/pacct | acctship decode -f - --host-name web1 --source-id ID --numeric
    acctship decode --follow --state /var/lib/agent/acctship.json

    In CSV a text that a spreadsheet would take for a formula has its first character escaped: =1 becomes \\x3d1.
    """
    settings = config.load(config_path)
    where = Origin(**origin)
    if state_path and not following:
        raise click.UsageError("--state says how far --follow has got: add --follow.")
    names = where.names()
    header, render = _rendering(form, select)
    if form == "msgpack" and is_terminal(1):
        raise click.UsageError("MessagePack is no text: send it to a file or a pipe, not to a terminal.")
    paths = choose_files(files, settings)
    if following:
        if len(paths) > 1 or paths == [STDIN]:
            raise click.UsageError("--follow takes one file, by its name.")
        show = Rendering(header, render)
        return follow(paths[0], settings, where, show, state_path=state_path, layout=layout)
    write(header)
    inputs = Files(paths, layout)
    current = None
    for reader, records in inputs.batches():
        if reader is not current:
            current, normalizer = reader, Normalizer(describe(reader.path, settings, where), names)
        write(render(normalizer.events(records)))
    return inputs.code


def _rendering(form: Form, select: str | None) -> Rendering:
    try:
        header, render = rendering(form, None if select is None else select.split(","))
    except ConfigError as error:
        raise click.UsageError(str(error)) from None
    if form == "json" and coloured(1):
        return Rendering(header, lambda batch: colour_json(render(batch)))
    return Rendering(header, render)
