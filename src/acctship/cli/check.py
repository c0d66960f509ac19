"""`acctship check`: is the configuration right, and can the accounting file be read?"""

from __future__ import annotations

from pathlib import Path

import click

from acctship import config
from acctship.cli.options import config_option, file_option, layout_option
from acctship.cli.sources import choose_files, own_source_id
from acctship.cli.terminal import coloured, say, write
from acctship.delivery.keeping.state import State
from acctship.errors import AcctshipError
from acctship.events.escape import escape_line
from acctship.events.identity import this_machine
from acctship.records import Layout, Reader


@click.command("check")
@config_option
@file_option
@layout_option
def command(config_path: Path | None, files: tuple[str, ...], layout: Layout | None) -> int:
    """Check the configuration and the accounting file, without sending anything.

    \b
    acctship check
    acctship check -c siem.toml -f /var/log/account/pacct.1

    Each line says `ok` or `FAILED`. The exit code is that of the first failure.
    """
    settings = config.load(config_path)
    _ok("configuration", ", ".join(map(str, settings.paths)) or "none: events go to standard output")
    _ok("source id", own_source_id(settings))
    failures = _check_state(settings) + _check_outputs(settings) + _check_files(files, layout, settings)
    for error in failures:
        say(str(error))
    return failures[0].exit_code if failures else 0


def _check_state(settings: config.Config) -> list[AcctshipError]:
    directory = Path(settings.state.directory)
    if not directory.exists():
        _ok("state", f"{directory}: will be made at the first run")
        return []
    try:
        state = State.open(directory, this_machine(), accept_loss=False, lock=False)
        for name in state.outputs:
            state.load_cursor(name)
    except AcctshipError as error:
        return [_failed("state", error)]
    orphans = state.orphans(list(settings.output_types()))
    orphaned = f", orphaned: {', '.join(orphans)}" if orphans else ""
    _ok("state", f"{directory}: {len(state.outputs)} outputs{orphaned}")
    return []


def _check_outputs(settings: config.Config) -> list[AcctshipError]:
    try:
        for output in settings.outputs():
            output.build()
            _ok(f"outputs.{output.name}", f"{output.type}, {output.limits.guarantee}, by {output.found.plugin.package}")
    except AcctshipError as error:
        return [_failed("outputs", error)]
    return []


def _check_files(files: tuple[str, ...], layout: Layout | None, settings: config.Config) -> list[AcctshipError]:
    failures: list[AcctshipError] = []
    try:
        paths = choose_files(files, settings)
    except AcctshipError as error:
        return [_failed("accounting file", error)]
    for path in paths:
        try:
            with Reader(path, layout=layout) as reader:
                found, reason = reader.detection
                _ok(reader.name, f"{found.title}: {reason}")
        except AcctshipError as error:
            failures.append(_failed(path, error))
    return failures


def _ok(what: str, finding: str) -> None:
    _line(what, "ok", "32", finding)


def _failed(what: str, error: AcctshipError) -> AcctshipError:
    _line(what, "FAILED", "31", "see below")
    return error


def _line(what: str, word: str, colour: str, finding: str) -> None:
    mark = f"\x1b[{colour}m{word}\x1b[0m" if coloured(1) else word
    write(f"{mark:6}  {escape_line(what)}: {escape_line(finding)}\n".encode("utf-8", "backslashreplace"))
