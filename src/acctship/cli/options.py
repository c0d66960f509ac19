"""Options that mean the same in every command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from acctship.records import LAYOUTS

Command = TypeVar("Command", bound=Callable[..., Any])

config_option = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(readable=False, path_type=Path),
    metavar="FILE",
    help="Configuration; default: /etc/acctship/acctship.toml, if it is there.",
)

file_option = click.option(
    "-f",
    "--file",
    "files",
    multiple=True,
    type=click.Path(readable=False, allow_dash=True),
    metavar="FILE",
    help="Accounting file, `-` for standard input; repeatable. Default: the configuration's, or this system's own.",
)

layout_option = click.option(
    "--layout",
    type=click.Choice(list(LAYOUTS)),
    callback=lambda _ctx, _param, name: LAYOUTS.get(name),
    metavar="NAME",
    help=f"Layout of the records, where the file does not tell it by itself: {', '.join(LAYOUTS)}.",
)

ahz_option = click.option(
    "--ahz",
    type=click.IntRange(50, 10_000),
    metavar="HZ",
    help="Ticks per second, for files of Alpha and Itanium (1024). Default: what the file says, or 100.",
)

_SOURCE_OPTIONS = (
    click.option("--source-id", metavar="ID", help="Id of the machine the file comes from, as its `check` prints it."),
    click.option("--host-name", metavar="NAME", help="host.name of the machine the file comes from."),
    click.option("--host-id", metavar="ID", help="host.id of the machine the file comes from."),
    click.option(
        "--passwd",
        type=click.Path(readable=False),
        metavar="FILE",
        help="Take user names from a file in the format of passwd(5).",
    ),
    click.option(
        "--group",
        type=click.Path(readable=False),
        metavar="FILE",
        help="Take group names from a file in the format of group(5).",
    ),
)


def source_options(command: Command) -> Command:
    """Add what says where a file comes from; the command gets it as keyword arguments for `sources.Origin`."""
    return _source_options(command, "-n", "--numeric")


def long_source_options(command: Command) -> Command:
    """The same, where `-n` means something else."""
    return _source_options(command, "--numeric")


def _source_options(command: Command, *numeric: str) -> Command:
    numeric_option = click.option(*numeric, is_flag=True, help="Look up no names of users and groups.")
    for option in reversed((*_SOURCE_OPTIONS, numeric_option)):
        command = option(command)
    return command
