"""`acctship run`: ship accounting records to the configured outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from acctship import config
from acctship.cli.daemon import Orders, run_daemon
from acctship.cli.options import config_option, file_option, layout_option, source_options
from acctship.cli.run_files import run_files
from acctship.cli.sources import Origin
from acctship.cli.telling import parse_address
from acctship.records import Layout


def _address(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[str, int] | None:
    try:
        return None if value is None else parse_address(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command("run")
@config_option
@file_option
@layout_option
@click.option("--once", is_flag=True, help="Ship what is there, up to the size each file has now, and end.")
@click.option("--drain", is_flag=True, help="As --once, but never give a receiver up.")
@click.option(
    "--accept-loss",
    is_flag=True,
    help="Begin afresh whatever is damaged or missing in the state folder; what that loses is said.",
)
@click.option(
    "--metrics",
    callback=_address,
    metavar="[ADDRESS:]PORT",
    help="Serve Prometheus metrics over HTTP; without an address, on 127.0.0.1.",
)
@source_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    config_path: Path | None,
    files: tuple[str, ...],
    layout: Layout | None,
    once: bool,
    drain: bool,
    accept_loss: bool,
    metrics: tuple[str, int] | None,
    **origin: Any,
) -> int:
    """Ship accounting records to the outputs of the configuration, and go on as they come.

    \b
    acctship run                        follow this system's file, for ever
    acctship run --once                 what has come since the last time, and end
    acctship run --once -f pacct.1      one file, whatever has been shipped before

    Where each output stands is kept in the state folder, so that nothing is lost and nothing is sent twice when it is
    started again. With --once and -f no state is read or written. SIGTERM ends it, SIGHUP reads the configuration
    anew. Without a configuration, events go to standard output.

    Ends with 1 if anything was not delivered.
    """
    if once and drain:
        raise click.UsageError("--once gives an output up that fails, --drain does not: choose one.")
    settings, where = config.load(config_path), Origin(**origin)
    if once and files:
        if accept_loss:
            raise click.UsageError("--accept-loss: with --once and --file there is no state that could be lost.")
        return run_files(ctx, settings, files, layout, where)
    if len(files) > 1 or files == ("-",):
        raise click.UsageError("One file can be followed, and no pipe: add --once to ship several, or a pipe.")
    orders = Orders(config_path, files, layout, where, once=once, drain=drain, metrics=metrics)
    return run_daemon(orders, accept_loss=accept_loss)
