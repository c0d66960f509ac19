"""Options that say which records `acctship lastcomm` shows, beyond what GNU's lastcomm can ask for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import click

from acctship.cli.options import Command
from acctship.events.signals import signal_called
from acctship.records.columns import NS
from acctship.reports.moments import moment, span
from acctship.reports.selection import ANY_SIGNAL

_IDS = click.IntRange(0, 2**32 - 1)


def _signal(text: str) -> int:
    if text.lower() == "any":
        return ANY_SIGNAL
    number = signal_called(text)
    if number is None:
        raise ValueError(f"{text!r} is no signal: write a name as KILL, a number, or any")
    return number


def _converted(convert: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    """A callback for click that says in its words what is wrong with a value."""

    def callback(_ctx: click.Context, _param: click.Parameter, text: str | None) -> Any:
        try:
            return None if text is None else convert(text)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return callback


_FILTERS = (
    click.option(
        "--since",
        metavar="TIME",
        callback=_converted(lambda text: moment(text, time.time())),
        help="Ended at or after: 2026-01-31, 2026-01-31T13:00, 13:00 (today), or an age as 2h or 3d.",
    ),
    click.option(
        "--until",
        metavar="TIME",
        callback=_converted(lambda text: moment(text, time.time())),
        help="Ended before.",
    ),
    click.option(
        "--min-duration",
        "min_duration_ns",
        metavar="SPAN",
        default="0s",
        callback=_converted(lambda text: round(span(text) * NS)),
        help="Took as long or longer: 1.5s, 10m, 2h.",
    ),
    click.option("--failed", is_flag=True, help="Ended with another exit code than 0, or by a signal."),
    click.option(
        "--signal", metavar="NAME|NUMBER|any", callback=_converted(_signal), help="Ended by this signal, or by any."
    ),
    click.option(
        "--uid", "uids", multiple=True, type=_IDS, metavar="N", help="Real user id, whatever its name; repeatable."
    ),
    click.option("--ppid", "parent_pids", multiple=True, type=_IDS, metavar="N", help="Parent process id; repeatable."),
)


def filter_options(command: Command) -> Command:
    """Add them; the command gets them as keyword arguments for `selection.Extras`."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command
