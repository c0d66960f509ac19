"""How `acctship setup elasticsearch` reaches a cluster, as whom: options, files, the environment, or a question."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from msgspec import Struct

import acctship
from acctship.outputs.elasticsearch.config import Config

PASSWORD, API_KEY = "ACCTSHIP_ELASTICSEARCH_PASSWORD", "ACCTSHIP_ELASTICSEARCH_API_KEY"
"""Variables of the environment that hold secrets."""

Command = TypeVar("Command", bound=Callable[..., Any])
_file = click.Path(readable=False, path_type=Path)
_OPTIONS = (
    click.option("--url", "urls", multiple=True, metavar="URL", help="A node: https://HOST:PORT; repeatable."),
    click.option("--cloud-id", metavar="ID", help="A deployment of Elastic Cloud, in place of --url."),
    click.option("--ca", metavar="FILE", help="PEM file of the authorities that may vouch for the server."),
    click.option("--fingerprint", metavar="SHA256", help="Trust this certificate of the server, and no other."),
    click.option("--username", metavar="NAME", help="A user who may set up."),
    click.option("--password-file", type=_file, metavar="FILE", help=f"Its password. Or ${PASSWORD}, or asked for."),
    click.option("--api-key-file", type=_file, metavar="FILE", help=f"An API key instead of a user. Or ${API_KEY}."),
)


class Connection(Struct, frozen=True):
    """What the options say."""

    urls: tuple[str, ...] = ()
    cloud_id: str | None = None
    ca: str | None = None
    fingerprint: str | None = None
    username: str | None = None
    password_file: Path | None = None
    api_key_file: Path | None = None

    @property
    def named(self) -> bool:
        """Whether they name a cluster."""
        return bool(self.urls or self.cloud_id)

    def config(self, namespace: str) -> Config:
        """The same as an output would be configured.

        Raises:
            ConfigError: options contradict each other.
            UsageError: they name no cluster, or there is nobody to ask for a password.
        """
        if not self.named:
            raise click.UsageError("Name a cluster: --url https://HOST:PORT, or --cloud-id.")
        if self.username is not None and self.api_key_file is not None:
            raise click.UsageError("--username: or --api-key-file, not both.")
        made = Config(
            url=self.urls or None,
            cloud_id=self.cloud_id,
            namespace=namespace,
            ca=self.ca,
            fingerprint=self.fingerprint,
            username=self.username,
            password=_password(self.password_file, self.username) if self.username is not None else None,
            api_key=_secret(self.api_key_file, API_KEY) if self.username is None else None,
        )
        made.check()
        return made


def connection_options(command: Command) -> Command:
    """Add the options; the command gets them as one `connection`."""

    @wraps(command)
    def with_connection(**given: Any) -> Any:
        taken = {name: given.pop(name) for name in Connection.__struct_fields__}
        return command(connection=Connection(**taken), **given)

    decorated: Any = with_connection
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]  # it takes what the options give


class _Typed(acctship.Secret):
    """What was typed on a terminal."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        super().__init__("typed", "on the terminal")
        self._value = value

    def reveal(self) -> str:
        """What was typed."""
        return self._value


def _secret(path: Path | None, variable: str) -> acctship.Secret | None:
    if path is not None:
        return acctship.Secret("file", str(path))
    return acctship.Secret("env", variable) if variable in os.environ else None


def _password(path: Path | None, username: str) -> acctship.Secret:
    found = _secret(path, PASSWORD)
    if found is not None:
        return found
    if not sys.stdin.isatty():
        raise click.UsageError(f"--username: no password: --password-file FILE, ${PASSWORD}, or a terminal to ask on.")
    return _Typed(click.prompt(f"Password of {username}", hide_input=True, err=True))
