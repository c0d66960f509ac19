"""`acctship setup elasticsearch`: templates, data streams, lifecycle, and keys that can only append."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

import acctship
from acctship.outputs.elasticsearch.lifecycle import RETENTION, SEARCHABLE, Lifecycle
from acctship.outputs.elasticsearch.setup_connection import Connection, connection_options
from acctship.outputs.elasticsearch.setup_key_file import KeyFile
from acctship.outputs.elasticsearch.setup_keys import active_keys, described, key_request, revoke_request
from acctship.outputs.elasticsearch.setup_plan import Request, plan

if TYPE_CHECKING:
    from acctship.outputs.elasticsearch.setup_server import Server

_days = click.IntRange(1, 36_500)


@click.command("elasticsearch")
@connection_options
@click.option(
    "--namespace", default="default", show_default=True, metavar="NAME", help="Last part of the data streams' names."
)
@click.option(
    "--retention", type=_days, default=RETENTION, show_default=True, metavar="DAYS", help="Keep events this long."
)
@click.option(
    "--searchable",
    type=_days,
    metavar="DAYS",
    help=f"With --snapshots: search events this long without waiting.  [default: {SEARCHABLE}]",
)
@click.option(
    "--snapshots",
    metavar="REPOSITORY",
    help="Then keep them in this snapshot repository. Without it, all that is kept is searched at once.",
)
@click.option("--force", is_flag=True, help="Keep events for less time than that; replace templates that are newer.")
@click.option("--key-name", metavar="NAME", help="Make an API key of this name, and print it: one for each host.")
@click.option("--key-file", type=click.Path(path_type=Path), metavar="FILE", help="Write it to FILE, mode 0600.")
@click.option("--expires", type=_days, metavar="DAYS", help="The key is void after that time. Default: never.")
@click.option("--revoke", is_flag=True, help="Withdraw the keys of that name, and do nothing else.")
@click.option("--dry-run", is_flag=True, help="Print the requests, and change nothing.")
def command(
    *,
    connection: Connection,
    namespace: str,
    retention: int,
    searchable: int | None,
    snapshots: str | None,
    key_name: str | None,
    key_file: Path | None,
    expires: int | None,
    force: bool,
    revoke: bool,
    dry_run: bool,
) -> None:
    """Prepare an Elasticsearch cluster: templates, data streams, retention, and a key for each host.

    \b
    acctship setup elasticsearch --url https://es1:9200 --username elastic --dry-run
    acctship setup elasticsearch --url https://es1:9200 --username elastic
    acctship setup elasticsearch --url https://es1:9200 --username elastic --key-name web1 --key-file web1.key
    acctship setup elasticsearch --url https://es1:9200 --username elastic --key-name web1 --revoke

    It may be run as often as you like: what is as it should be is left alone, and what differs is told. A key can only
    append to the two data streams. A password is read from a file, from the environment, or asked for; it is never an
    argument. With --dry-run and without --url it prints what a new cluster would be sent.
    """
    for given, name in ((key_file, "--key-file"), (expires, "--expires"), (revoke, "--revoke")):
        if given and key_name is None:
            raise click.UsageError(f"{name} says what to do with a key: name it with --key-name.")
    if searchable is not None and snapshots is None:
        raise click.UsageError("--searchable means nothing without --snapshots: all that is kept is searched at once.")
    lifecycle = Lifecycle(retention, min(retention, SEARCHABLE if searchable is None else searchable), snapshots)
    if lifecycle.too_short() and not force:
        raise click.UsageError(f"{lifecycle.too_short()} (PCI DSS 10.5.1). Say --force if that is meant.")
    if searchable is not None and searchable > retention:
        raise click.UsageError(f"--searchable {searchable}: is longer than the retention of {retention} days.")
    server = None if dry_run and not connection.named else _server(connection, namespace)
    if revoke and key_name is not None:
        _revoke(server, key_name, dry_run=dry_run)
        return
    needed = plan(server.ask if server else _nothing, lifecycle, namespace, force=force)
    for request in needed:
        _do(server, request, dry_run=dry_run)
    if not needed:
        _say("templates and data streams are as they should be: nothing changed")
    if key_name is not None:
        _make_key(server, key_request(key_name, namespace, expires), key_name, key_file, dry_run=dry_run)


def _server(connection: Connection, namespace: str) -> Server:
    config = connection.config(namespace)
    try:
        from acctship.outputs.elasticsearch.nodes import Nodes  # noqa: PLC0415 - not imported to show the help
        from acctship.outputs.elasticsearch.setup_server import Server  # noqa: PLC0415
    except ImportError as error:
        raise acctship.PluginError(f"setup elasticsearch: {error}: pip install 'acctship[elasticsearch]'") from None
    return Server(Nodes(config, 1), _say)


def _revoke(server: Server | None, name: str, *, dry_run: bool) -> None:
    keys = active_keys(server.ask, name) if server else []
    if not keys:
        raise acctship.AcctshipError(f"API key {name!r}: there is none in force")
    request = revoke_request(keys)
    if server is None or dry_run:
        click.echo(request)
        return
    left = {one["id"] for one in keys} - set(server.send(request)["invalidated_api_keys"])
    if left:
        raise acctship.AcctshipError(f"API key {name!r}: still in force: {', '.join(sorted(left))}")
    _say(request.what)


def _make_key(server: Server | None, request: Request, name: str, path: Path | None, *, dry_run: bool) -> None:
    there = active_keys(server.ask, name) if server else []
    if there:
        _say(f"{described(there[0])}: none made")
        if path is None or not path.exists():  # whoever asked for it does not get it
            raise acctship.AcctshipError(
                f"API key {name!r}: cannot be shown again: withdraw it with --revoke, or make one of another name"
            )
        return
    if server is None or dry_run:
        _do(server, request, dry_run=True)
        return
    with KeyFile(path) as file:
        answer = server.send(request)
        file.write(answer["encoded"])
    _say(f"{request.what} (id {answer['id']})" + (f": it is in {path}" if path else ""))


def _do(server: Server | None, request: Request, *, dry_run: bool) -> None:
    if server is None or dry_run:
        click.echo(request)
    else:
        server.send(request)
        _say(request.what)
    for line in request.differences:
        _say(f"  {line}")


def _nothing(_path: str) -> None:
    """Answers of a new cluster."""


def _say(message: str) -> None:
    text = acctship.escape(message.encode("utf-8", "surrogateescape")).replace("\\\\", "\\")  # nobody reverses it
    click.echo(f"acctship: {text}", err=True)
