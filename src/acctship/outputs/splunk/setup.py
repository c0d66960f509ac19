"""`acctship setup splunk`: the index, the token, and what a site without REST puts into place itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from uuid import uuid4

import click

from acctship import HaltError, Secret
from acctship.outputs.splunk import setup_print, setup_token
from acctship.outputs.splunk.setup_plan import TOKENS, Found, Plan, plan
from acctship.outputs.splunk.setup_server import Server
from acctship.outputs.splunk.setup_wanted import LEAST_DAYS, Wanted, check_days, index_name, megabytes, token_name

PASSWORD = "SPLUNK_PASSWORD"  # noqa: S105 - the name of a variable
_HTTPS = "https://"


@click.command("splunk")
@click.option("--url", metavar="URL", help="Management port of a single server: https://splunk.example.com:8089.")
@click.option("--user", metavar="NAME", default="admin", show_default=True, help="Who creates both.")
@click.option(
    "--password-file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help=f"Holds the user's password. Default: ${PASSWORD}, or it is asked for.",
)
@click.option(
    "--ca",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="PEM file of the authorities that may vouch for the server. Default: those of the system.",
)
@click.option("--index", default="acct", show_default=True, callback=index_name, metavar="NAME", help="Index.")
@click.option(
    "--max-size",
    "size",
    required=True,
    callback=megabytes,
    metavar="SIZE",
    help="Most that the index may take, such as 200GB: above it the oldest events are frozen, whatever their age.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 36_500),
    default=LEAST_DAYS,
    show_default=True,
    metavar="DAYS",
    help="Before events may be frozen for their age.",
)
@click.option("--force", is_flag=True, help=f"Accept fewer than {LEAST_DAYS} days, which PCI DSS 10.5.1 forbids.")
@click.option(
    "--token-name", default="acctship", show_default=True, callback=token_name, metavar="NAME", help="HEC token."
)
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where the value of the token goes, with mode 0600. Default: a new one goes to standard output, once.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@click.option(
    "--print",
    "form",
    type=click.Choice(["conf", "acs"]),
    help="Print the stanzas of a cluster, or the requests of Splunk Cloud's admin service, and ask no server.",
)
def command(
    *,
    url: str | None,
    user: str,
    password_file: Path | None,
    ca: str | None,
    index: str,
    size: int,
    days: int,
    force: bool,
    token_name: str,
    token_file: Path | None,
    dry_run: bool,
    form: str | None,
) -> int:
    """Create the index and the HEC token in Splunk that the output `splunk_hec` needs.

    \b
    acctship setup splunk --url https://splunk.example.com:8089 --max-size 200GB --dry-run
    acctship setup splunk --url https://splunk.example.com:8089 --max-size 200GB --token-file /etc/acctship/hec-token
    acctship setup splunk --max-size 200GB --print conf

    What it does is shown first. What is missing is created; what is there is left as it is, and said if it differs, so
    the command can be called again. A cluster and Splunk Cloud take neither by REST: use --print there.

    Exit codes: 0 all is there as wanted, 1 something differs or failed.
    """
    check_days(days, force=force)
    wanted = Wanted(index, token_name, days, size)
    if form == "acs":
        click.echo(setup_print.acs(wanted), nl=False)
        return 0
    kept = setup_token.read(token_file) if token_file else None
    if form == "conf":
        token = kept or str(uuid4())
        if token_file and not kept and not dry_run:
            setup_token.write(token_file, token)
        click.echo(setup_print.conf(wanted, token), nl=False)
        return 0
    if url is None or not url.startswith(_HTTPS):
        raise click.UsageError(f"--url: expected {_HTTPS}HOST:8089, the management port of a single server.")
    server = Server(url, user, _password(url, user, password_file), ca)
    if warning := server.refuse_clusters():
        _say(warning)
    found = server.look(wanted)
    made = plan(found, wanted)
    _compare_token(made, found, kept, token_file)
    _show(made)
    if not dry_run:
        _do(server, made, found, kept, token_file)
    return 1 if made.differing else 0


def _password(url: str, user: str, file: Path | None) -> str:
    if file:
        return Secret("file", str(file)).reveal()
    if PASSWORD in os.environ:
        return Secret("env", PASSWORD).reveal()
    if not sys.stdin.isatty():
        raise click.UsageError(f"there is no terminal to ask for the password: give --password-file, or ${PASSWORD}.")
    answer: str = click.prompt(f"Password of {user} at {url.removeprefix(_HTTPS)}", hide_input=True, err=True)
    return answer


def _compare_token(made: Plan, found: Found, kept: str | None, file: Path | None) -> None:
    """Say if a file holds another token than the server."""
    if found.token and kept and found.token.get("token") != kept:
        made.differing.append(f"--token-file {file}: holds another token than the server: name another file")


def _show(made: Plan) -> None:
    for text in made.kept:
        _say(text)
    for request in made.requests:
        _say(request.text)
    for text in made.differing:
        _say(f"differs: {text}")


def _do(server: Server, made: Plan, found: Found, kept: str | None, file: Path | None) -> None:
    token = found.token.get("token") if found.token else None
    for request in made.requests:
        given = {"token": kept} if kept and request.path == TOKENS else {}
        content = server.do(request, **given)
        _say(f"done: {request.text.partition(':')[0]}")
        if request.path == TOKENS:
            token = content.get("token")
            if not token:
                raise HaltError(
                    "the token was created, but its value not told: call this command again, with --token-file"
                )
            if not file:
                click.echo(token)
    if file and not kept and token:
        setup_token.write(file, str(token))
        _say(f"--token-file {file}: written")


def _say(text: str) -> None:
    click.echo(f"acctship: {text}", err=True)
