"""`acctship dump`: every field of accounting records as text, or the records themselves; successor of dump-acct."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from acctship._version import __version__
from acctship.cli.options import config_option, file_option, layout_option, long_source_options
from acctship.cli.reading import Files
from acctship.cli.sources import Origin, choose_files
from acctship.cli.terminal import is_terminal, write
from acctship.records import LAYOUTS, Layout, Reader, RecordBatch

if TYPE_CHECKING:  # takes 30 ms to load, and rows of a file that is named need none
    from acctship.config import Config

BATCH_RECORDS = 8192
"""Records to render at once: 1.3 MB of rows."""

Batches = Iterator[tuple[Reader, RecordBatch]]
Render = Callable[[Reader, RecordBatch], bytes]


@click.command("dump")
@click.argument("more_files", nargs=-1, type=click.Path(readable=False, allow_dash=True), metavar="[FILE]...")
@config_option
@file_option
@layout_option
@click.option("-r", "--reverse", is_flag=True, help="Begin with the last record of each file.")
@click.option(
    "-n", "--num", type=click.IntRange(min=1), metavar="N", help="End after N records, of all files together."
)
@click.option("-R", "--raw", is_flag=True, help="Write records instead of rows, in the byte order of this machine.")
@click.option(
    "--format",
    "layout_version",
    type=click.IntRange(0, 3),
    metavar="VERSION",
    help="With --raw: write this version of the layout.",
)
@click.option("--byteswap", is_flag=True, help="With --raw: write the other byte order.")
@click.option(
    "--ahz",
    type=click.IntRange(50, 2000),
    metavar="HZ",
    help="Ticks per second: of what --raw writes in v0 and v2, of files in v0, and with --json of all times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print events instead, as `acctship decode` does.")
@long_source_options
@click.version_option(__version__, "-V", "--version", message="acctship %(version)s")
def command(
    *,
    more_files: tuple[str, ...],
    config_path: Path | None,
    files: tuple[str, ...],
    layout: Layout | None,
    reverse: bool,
    num: int | None,
    raw: bool,
    layout_version: int | None,
    byteswap: bool,
    ahz: int | None,
    as_json: bool,
    **origin: Any,
) -> int:
    """Print accounting records as dump-acct does, a row for each, or copy them into another layout.

    \b
    acctship dump pacct.1 | awk -F'|' '$13 != 0'    what failed
    acctship dump --reverse --num 5                 what ended last
    acctship dump --raw --format 2 --byteswap pacct.1 > pacct.v2

    A row holds, between bars: command, version, user, system and elapsed time, user and group id, memory in KiB, I/O,
    process and parent id, flags, exit code, terminal and begin. Times are in ticks as they were recorded, 100 a second
    but in files of Alpha and Itanium. The exit code of a process that a signal ended is 128 + signal, as in a shell.

    FILE is the same as --file FILE. The options that say where events come from, --source-id to --numeric, take
    --json.
    """
    where = Origin(**origin)
    if raw and as_json:
        raise click.UsageError("--raw writes records, --json events: choose one.")
    if where != Origin() and not as_json:
        raise click.UsageError("Options that say where events come from have no use without --json.")
    if raw and is_terminal(1):
        raise click.UsageError("Records are no text: send them to a file or a pipe, not to a terminal.")
    paths: Sequence[str] = (*files, *more_files)
    if as_json or config_path or not paths:
        from acctship import config  # noqa: PLC0415 - see above

        settings = config.load(config_path)
        paths = choose_files(paths, settings)
    render = _events(settings, where) if as_json else _raw(layout_version, byteswap, ahz) if raw else _rows()
    inputs = Files(paths, layout, ahz, min(num or BATCH_RECORDS, BATCH_RECORDS), reverse)
    for reader, records in _first(num, inputs.batches()):
        write(render(reader, records))
    return inputs.code


def _first(num: int | None, batches: Batches) -> Batches:
    left = sys.maxsize if num is None else num
    for reader, records in batches:
        yield reader, records.take(slice(left))
        left -= len(records)
        if left <= 0:
            return


def _rows() -> Render:
    from acctship.reports.dump import dump_rows  # noqa: PLC0415 - its tables take time to make

    return lambda _reader, records: dump_rows(records)


def _raw(version: int | None, byteswap: bool, ahz: int | None) -> Render:
    from acctship.reports.convert import convert  # noqa: PLC0415 - needed with --raw only

    order = "be" if (sys.byteorder == "big") != byteswap else "le"

    def render(_reader: Reader, records: RecordBatch) -> bytes:
        wanted = records.layout.version if version is None else version
        return convert(records, LAYOUTS[f"linux-v{wanted}-{order}"], ahz)

    return render


def _events(settings: Config, where: Origin) -> Render:
    from acctship.cli.events import json_lines  # noqa: PLC0415 - needed with --json only

    show = json_lines(settings, where)
    return lambda reader, records: show(reader.path, reader.first, records)
