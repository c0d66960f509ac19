"""`acctship lastcomm`: what was run, newest first; successor of lastcomm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from acctship._version import __version__
from acctship.cli import DEBUG
from acctship.cli.filters import filter_options
from acctship.cli.options import ahz_option, config_option, file_option, layout_option
from acctship.cli.pager import paged
from acctship.cli.pipes import reader_gone
from acctship.cli.reading import Files
from acctship.cli.sources import Origin, choose_files
from acctship.cli.terminal import OutputClosedError, coloured, is_terminal, say, write
from acctship.errors import InputError
from acctship.records import STDIN, Layout, Reader, RecordBatch, follow, open_regular
from acctship.reports.lastcomm import rows
from acctship.reports.selection import Extras, gathered, joined, selection

if TYPE_CHECKING:
    from acctship.cli.events import Show

BATCH_RECORDS = 16_384
"""Records to look at together where rows are made: 1 MB of them, and as much of rows."""
POLL = 0.2
"""Seconds between two looks at a file that is followed."""
FOLLOW_LAST = 10
"""Rows to show before those that are to come, as tail -f does."""

Select = Callable[[RecordBatch], RecordBatch]


@click.command("lastcomm")
@click.argument("words", nargs=-1, metavar="[WORD]...")
@config_option
@file_option
@click.option("--forwards", is_flag=True, help="Begin with the oldest record.")
@click.option("--strict-match", is_flag=True, help="Show records that match all of the words and names, not any.")
@click.option("--print-controls", is_flag=True, help="Print names as they are, with what would steer a terminal.")
@click.option("--user", "users", multiple=True, metavar="NAME", help="Match a user; repeatable.")
@click.option("--tty", "ttys", multiple=True, metavar="NAME", help="Match a terminal, `__` for none; repeatable.")
@click.option("--command", "commands", multiple=True, metavar="NAME", help="Match a command; repeatable.")
@click.option("-p", "--show-paging", is_flag=True, help="Show page faults and swaps instead of user and terminal.")
@click.option("--pid", "show_pid", is_flag=True, help="Add process id and parent's process id.")
@ahz_option
@layout_option
@filter_options
@click.option("--follow", is_flag=True, help="Show the last 10, then wait for more; begins with the oldest.")
@click.option("--json", "as_json", is_flag=True, help="Print events instead of rows, as `acctship decode` does.")
@click.option("--no-pager", is_flag=True, help="Print straight to the terminal.")
@click.option("--debug", is_flag=True, help="Say how each file was read; show a traceback with an error.")
@click.version_option(__version__, "-V", "--version", message="acctship %(version)s")
def command(
    *,
    words: tuple[str, ...],
    config_path: Path | None,
    files: tuple[str, ...],
    forwards: bool,
    strict_match: bool,
    print_controls: bool,
    users: tuple[str, ...],
    ttys: tuple[str, ...],
    commands: tuple[str, ...],
    show_paging: bool,
    show_pid: bool,
    ahz: int | None,
    layout: Layout | None,
    follow: bool,
    as_json: bool,
    no_pager: bool,
    debug: bool,
    **filters: Any,
) -> int:
    """Show what was run, newest first, a row for each process that ended, as lastcomm does.

    \b
    acctship lastcomm root                        all that matches the user, terminal or command root
    acctship lastcomm --strict-match root pts/0   what matches both
    acctship lastcomm --since 2h --failed         what went wrong in the last two hours
    acctship lastcomm --follow --user www-data    as it happens

    A row: command, flags, user, terminal, CPU time, begin. Flags: S super-user, F fork without exec, C compatibility
    mode, D core dumped, X ended by a signal. A command's name that is no printable ASCII has ? in its column, and
    stands escaped at the end of its row.

    Matching any of the words, --user, --tty and --command is enough, unless --strict-match is given; --since to --ppid
    must hold besides.
    """
    if debug:
        click.get_current_context().find_root().meta[DEBUG] = True
    if print_controls and is_terminal(1):
        raise click.UsageError("--print-controls would let names steer this terminal: send it to a file or a pipe.")
    if as_json and (show_paging or show_pid or print_controls):
        raise click.UsageError("--show-paging, --pid and --print-controls are for rows: leave them out with --json.")
    paths = _paths(files, config_path)
    select = selection(words, users, ttys, commands, strict=strict_match, extras=Extras(**filters))
    if as_json:
        show = _events(config_path)
    else:
        render = rows(paging=show_paging, pids=show_pid, print_controls=print_controls, colour=coloured(1))
        show = lambda _path, _first, records: render(records)  # noqa: E731
    inputs = Files(paths, layout, ahz, backwards=not forwards, progress=not is_terminal(1))
    if not as_json:
        inputs.batch_records = BATCH_RECORDS
    if follow:
        _follow(inputs, select, show, whole=filters["since"] is not None)
    else:
        with nullcontext() if no_pager else paged():
            _list(inputs, select, show, debug=debug)
    return inputs.code


def _paths(files: tuple[str, ...], config_path: Path | None) -> list[str]:
    if files and config_path is None:
        return list(files)
    from acctship import config  # noqa: PLC0415 - takes 30 ms, a fourth of what a short listing takes

    return choose_files(files, config.load(config_path))


def _chosen(inputs: Files, select: Select, *, debug: bool = False) -> Iterator[tuple[Reader, RecordBatch]]:
    """Batch by batch: its reader, and the records to show, perhaps none."""
    current = None
    for reader, records in inputs.batches():
        if debug and reader is not current:
            say(f"{reader.name}: {reader.detection.layout.title}: {reader.detection.reason}")
        current = reader
        yield reader, select(records)


def _list(inputs: Files, select: Select, show: Show, *, debug: bool = False) -> Reader | None:
    """Show all records; gives the reader of the last file."""
    reader = None
    for reader, group in groupby(_chosen(inputs, select, debug=debug), itemgetter(0)):
        most = 1 if reader.size is None else inputs.batch_records  # who writes to a pipe may take their time
        for records in gathered((chosen for _, chosen in group), most):
            write(show(reader.path, reader.first, records))
    return reader


def _list_last(inputs: Files, select: Select, show: Show) -> Reader | None:
    """Show the last records, the oldest of them first; gives the reader of the file."""
    reader = None
    first: RecordBatch | None = None
    last: list[RecordBatch] = []
    left = FOLLOW_LAST
    for reader, chosen in _chosen(inputs, select):
        first = first or reader.first()  # behind the loop it is closed
        last.append(chosen.take(slice(left)))
        left -= len(last[-1])
        if not left:
            break
    if reader and first and len(found := joined(last)):
        write(show(reader.path, lambda: first, found.take(slice(None, None, -1))))
    return reader


def _follow(inputs: Files, select: Select, show: Show, *, whole: bool) -> None:
    """Show the last records, or all of them, and those that come, for ever; returns if the file cannot be read."""
    paths = list(inputs.paths)
    if len(paths) > 1 or STDIN in paths:
        raise click.UsageError("--follow takes one file, by its name.")
    (path,) = paths
    stream = open_regular(path)
    position = 0
    if stream.size:  # a file that was just rotated has no record yet
        inputs.backwards = not whole
        reader = (_list if whole else _list_last)(inputs, select, show)
        if inputs.code == InputError.exit_code:
            return
        if reader and reader.size:
            inputs.layout = reader.detection.layout
            position = reader.size - reader.size % inputs.layout.size
    growths = follow(
        stream,
        position,
        layout=inputs.layout,
        ahz=inputs.ahz,
        on_hole=lambda hole: inputs.skipped(path, hole),
        wait=_wait,
    )
    for growth in growths:
        chosen = select(growth.records)
        if len(chosen):
            write(show(path, growth.first, chosen))


def _wait() -> None:
    if reader_gone(1, POLL):
        raise OutputClosedError("standard output was closed by its reader")


def _events(config_path: Path | None) -> Show:
    from acctship import config  # noqa: PLC0415 - needed with --json only, as the next
    from acctship.cli.events import json_lines  # noqa: PLC0415

    return json_lines(config.load(config_path), Origin())
