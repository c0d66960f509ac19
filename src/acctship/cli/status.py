"""`acctship status`: does it ship, how far is it behind, and what is wrong?"""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from acctship import config
from acctship.cli.options import config_option
from acctship.cli.status_seen import Seen, look
from acctship.cli.status_table import write_status
from acctship.cli.status_verdict import CRITICAL, UNKNOWN, WORDS, Limits, Problem, first_line, problems
from acctship.cli.terminal import write, write_line
from acctship.errors import AcctshipError, ConfigError
from acctship.events.escape import escape_line
from acctship.strict import seconds


def _duration(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    """Such as 300s, 5min, 1h; a number is seconds."""
    if value is None:
        return None
    try:
        return float(str(seconds(f"{value}s" if value[-1:].isdigit() else value, "it")))
    except ConfigError as error:
        raise click.BadParameter(str(error)) from None


@click.command("status")
@config_option
@click.option("--json", "as_json", is_flag=True, help="The status as JSON; docs/status.md lists the fields.")
@click.option(
    "--max-lag", callback=_duration, metavar="DURATION", help="CRITICAL if an output is further behind, such as 300s."
)
@click.option(
    "--max-dead-letters",
    type=click.IntRange(0),
    metavar="COUNT",
    help="CRITICAL if there are more events that receivers would not take.",
)
@click.option(
    "--metrics",
    "metrics_path",
    type=click.Path(allow_dash=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write Prometheus metrics to a file instead, for node_exporter's textfile collector; - for standard output.",
)
def command(
    config_path: Path | None,
    *,
    as_json: bool,
    max_lag: float | None,
    max_dead_letters: int | None,
    metrics_path: Path | None,
) -> int:
    """Show how each output fares, and what is wrong.

    \b
    acctship status                                        for people
    acctship status --max-lag 300s --max-dead-letters 0    as a monitoring plugin
    acctship status --metrics /var/lib/node_exporter/acctship.prom

    It needs no lock and writes nothing into the state folder: any member of the group acctship may ask. If the daemon
    does not run, cursors and accounting files tell how far each output is behind.

    Ends with 0 if acctship runs and all is well, else with 1. With --max-lag or --max-dead-letters it prints one line
    and ends as monitoring plugins do: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
    """
    limits = Limits(max_lag, max_dead_letters)
    as_plugin = limits != Limits()
    try:
        seen = look(config.load(config_path))
        found = problems(seen, limits)
        if metrics_path is not None:
            from acctship.cli.metrics import write_metrics  # noqa: PLC0415 - needs a library that is optional

            write_metrics(metrics_path, seen)
    except AcctshipError as error:
        if not as_plugin:
            raise
        write_line(f"{WORDS[UNKNOWN]}: {escape_line(str(error)).replace('|', '/')}")
        return UNKNOWN
    level = found[0].level if found else 0
    code = level if as_plugin else min(level, 1)
    if as_json:
        write(_json(seen, found, code))
    elif as_plugin:
        write_line(first_line(seen, found, limits))
    elif metrics_path is None:
        write_status(seen, found)
    return code if metrics_path is None or as_plugin else 0


def _json(seen: Seen, found: list[Problem], code: int) -> bytes:
    """The document, whether it is the daemon's, and what this command makes of it."""
    words = [{"level": WORDS[min(one.level, CRITICAL)], "text": one.text} for one in found]
    head = {"running": seen.running, "age": seen.age, "exit": code, "problems": words}
    return msgspec.json.format(msgspec.json.encode({**head, **msgspec.to_builtins(seen.status)}), indent=2) + b"\n"
