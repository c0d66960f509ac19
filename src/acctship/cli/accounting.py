"""`acctship accounting`: the kernel's switch."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from acctship import config
from acctship.accounting.place import default_file
from acctship.accounting.rotation import rotate
from acctship.accounting.status import Status, look
from acctship.accounting.turn import turn_off, turn_on
from acctship.cli.options import config_option
from acctship.cli.terminal import say, write, write_table
from acctship.events.escape import escape_line

_file_option = click.option(
    "-f",
    "--file",
    "file",
    type=click.Path(readable=False, path_type=Path),
    metavar="FILE",
    help="Accounting file. Default: the configuration's, or this system's own.",
)
_group_option = click.option(
    "--group", metavar="NAME", help="Group that may read the file. Default: the configuration's, or acctship."
)


@click.group("accounting")
def command() -> None:
    """Switch the kernel's accounting on or off, rotate its file, and tell whether it is really on.

    \b
    acctship accounting on
    acctship accounting status
    """


@command.command("on")
@config_option
@_file_option
@_group_option
@click.argument("argument", required=False, metavar="[FILE]", type=click.Path(readable=False, path_type=Path))
def on(config_path: Path | None, file: Path | None, group: str | None, argument: Path | None) -> None:
    """Have the kernel write a record for each process that ends, and prove that it does.

    \b
    acctship accounting on
    acctship accounting on /srv/acct/pacct --group adm

    The file and its folder are made if they are missing, for root to write and a group to read. Where accounting is on
    already, nothing is done. File systems that are remote, or that keep no data, are refused.

    Exit codes: 0 it is on, 1 it is not, or is paused for want of space.
    """
    if file and argument:
        raise click.UsageError("FILE is named twice: leave one out.")
    settings = config.load(config_path)
    say(turn_on(_live(file or argument, settings), group or settings.accounting.group, say))


@command.command("off")
@config_option
@_file_option
def off(config_path: Path | None, file: Path | None) -> None:
    """Have the kernel write no more records, and prove that it does not.

    \b
    acctship accounting off
    """
    say(turn_off(_live(file, config.load(config_path)), say))


@command.command("rotate")
@config_option
@_file_option
@_group_option
def rotate_file(config_path: Path | None, file: Path | None, group: str | None) -> int:
    """Rotate the accounting file without a gap, and remove what is too old.

    \b
    acctship accounting rotate

    The file is renamed, and the kernel switched to a fresh one. How much stays is said in [accounting] of the
    configuration. A file that an output still needs is never removed, but above `hard_limit`. Accounting that is off is
    not switched on.

    Exit codes: 0 done, 1 not rotated, or a file had to go although an output needed it, or could not be removed.
    """
    settings = config.load(config_path)
    own = settings.accounting
    live, state = _live(file, settings), Path(settings.state.directory)
    done = rotate(live, group or own.group, state, own.limits(), say)
    if done.removed:
        say(f"{live.parent}: rotated files removed: {done.removed}")
    return 1 if done.forced or done.failed else 0


@command.command("status")
@config_option
@_file_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(config_path: Path | None, file: Path | None, *, as_json: bool) -> int:
    """Tell whether accounting is really on: a process is started, and its record looked for.

    \b
    acctship accounting status
    acctship accounting status --json

    Who may read the accounting file may ask.

    Exit codes: 0 it is on, 1 it is off, or paused, or that cannot be told.
    """
    found = look(_live(file, config.load(config_path)))
    if as_json:
        write(msgspec.json.encode(found) + b"\n")
    else:
        _print(found)
    return 0 if found.state == "on" else 1


def _print(found: Status) -> None:
    rows = [
        ("state", f"{found.state}: {found.why}"),
        ("file", found.file),
        ("size", "" if found.size is None else f"{found.size} bytes"),
        ("owner, mode", f"{found.owner} {found.mode}" if found.owner else ""),
        ("last record", found.last_record or ""),
        ("rotated files", f"{found.rotated_files}, {found.rotated_bytes} bytes"),
        ("rotated by", ", ".join(found.rotated_by) or "nobody"),
        ("file system", found.file_system or ""),
    ]
    if found.free_percent is not None:
        thresholds = f"the kernel pauses at {found.pause_percent} %, resumes at {found.resume_percent} %"
        rows.append(("free space", f"{found.free_percent} %: {thresholds}"))
    write_table([(name, escape_line(value)) for name, value in rows if value], ("ACCOUNTING", ""))
    for warning in found.warnings:
        say(warning)


def _live(file: Path | None, settings: config.Config) -> Path:
    """The accounting file, by a path that leads through no symbolic link but for itself."""
    chosen = file or (Path(settings.source.path) if settings.source.path else default_file())
    return chosen.parent.resolve() / chosen.name
