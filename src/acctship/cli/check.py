"""`acctship check`: will it work, now and after the next rotation?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import msgspec

from acctship import config
from acctship.accounting.rotators import rotators
from acctship.checks import as_user, outputs, reading, recording, state
from acctship.checks.access import Person
from acctship.checks.finding import Finding, failed, ok, warn
from acctship.cli.options import config_option, file_option, layout_option
from acctship.cli.sources import choose_files, own_source_id
from acctship.cli.terminal import coloured, say, write, write_line
from acctship.errors import AcctshipError
from acctship.events.escape import escape_line
from acctship.records import Layout, Reader

_COLOURS = {"ok": "32", "warn": "33", "FAILED": "31"}


@click.command("check")
@config_option
@file_option
@layout_option
@click.option(
    "--offline",
    type=click.Path(readable=False, path_type=Path),
    metavar="FILE",
    help="Check this configuration file alone, wherever it lies: no conf.d, no secret, no network, no state.",
)
@click.option(
    "--user",
    metavar="NAME",
    help="User that the daemon runs as. Default: the owner of the state folder, or acctship.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of {check, state, finding, advice}.")
def command(
    *,
    config_path: Path | None,
    files: tuple[str, ...],
    layout: Layout | None,
    offline: Path | None,
    user: str | None,
    as_json: bool,
) -> int:
    """Check everything that shipping needs, without sending an event or changing anything.

    \b
    acctship check                                         all of it: best as root
    acctship check -c siem.toml -f /var/log/account/pacct.1   configuration, receivers, and this file
    acctship check --offline acctship.toml                 a draft, before it is put into its place

    Configuration, secrets, state and receivers; whether the daemon's user may read the accounting file and those beside
    it, now and after the next rotation; whether accounting is on, who rotates, and whether there is room. Receivers are
    asked whether they would take events, as that user if root asks. `--offline` suits validate: of Ansible.

    Each line says `ok`, `warn` or `FAILED`. The exit code is that of the first failure, and 0 if there is none.
    """
    if offline is not None and (config_path or files or layout or user):
        raise click.UsageError("--offline checks one file: leave out --config, --file, --layout and --user.")
    findings = _offline(offline) if offline is not None else _all(config_path, files, layout, user)
    failures = _report_json(findings) if as_json else _report(findings)
    return failures[0].exit_code if failures else 0


def _offline(path: Path) -> Iterator[Finding]:
    settings = config.load(path, alone=True)
    yield ok("configuration", f"{path}, alone; secrets were not looked for")
    if not settings.output_names:
        yield warn("outputs", "this file has none", "see that a file in conf.d has [outputs.NAME]")
    yield from outputs.outputs(settings)[1]


def _all(
    config_path: Path | None, files: tuple[str, ...], layout: Layout | None, user: str | None
) -> Iterator[Finding]:
    settings = config.load(config_path)
    who, told = state.daemon_user(Path(settings.state.directory), user)
    yield ok("configuration", ", ".join(map(str, settings.paths)) or "none: events go to standard output")
    yield ok("source id", own_source_id(settings))
    yield state.state(settings)
    valid, found = outputs.outputs(settings)
    yield from found
    if not settings.output_names:
        yield failed("outputs", config.no_output(settings.paths[0]))
    yield from as_user.as_user(who, lambda: [outputs.receiver(one) for one in valid])
    if not files:
        yield told
        if settings.paths:
            yield reading.config_readable(settings.paths, who)
        writable = state.state_writable(Path(settings.state.directory), who)
        yield from [writable] if writable else []
    try:
        paths = choose_files(files, settings)
    except AcctshipError as error:
        yield failed("accounting file", error)
        return
    yield from (_content(path, layout) for path in paths)
    if not files:
        yield from _of_machine(Path(paths[0]).absolute(), who)


def _of_machine(path: Path, who: Person) -> Iterator[Finding]:
    yield reading.readable(path, who)
    yield from reading.rotation(path, who, rotators(path))
    if path.exists():
        yield recording.recording(path)
        yield recording.space(path)


def _content(path: str, layout: Layout | None) -> Finding:
    try:
        with Reader(path, layout=layout) as reader:
            found, reason = reader.detection
            return ok(reader.name, f"{found.title}: {reason}")
    except AcctshipError as error:
        return failed(path, error)


def _report(findings: Iterable[Finding]) -> list[Finding]:
    """Print each finding as it comes, and what failed, with what to do, on standard error in the end."""
    failures = []
    for one in findings:
        if one.state == "FAILED":
            failures.append(one)
        _line(one, "see below" if one.state == "FAILED" else _told(one))
    for one in failures:
        say(_told(one))
    return failures


def _report_json(findings: Iterable[Finding]) -> list[Finding]:
    found = list(findings)
    rows = [{"check": one.check, "state": one.state, "finding": one.finding, "advice": one.advice} for one in found]
    write(msgspec.json.format(msgspec.json.encode(rows)) + b"\n")
    return [one for one in found if one.state == "FAILED"]


def _told(one: Finding) -> str:
    return f"{one.finding}: {one.advice}" if one.advice else one.finding


def _line(one: Finding, text: str) -> None:
    word = one.state
    mark = f"\x1b[{_COLOURS[word]}m{word}\x1b[0m" if coloured(1) else word
    write_line(f"{mark:6}  {escape_line(one.check)}: {escape_line(text)}")
