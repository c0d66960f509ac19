"""Secrets: named in the configuration, kept elsewhere, never printed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import msgspec

from acctship.errors import ConfigError

HOW = '{ file = "PATH" }, { env = "NAME" } or { credential = "NAME" }'


class Secret:
    """A secret of an output: a token, a key, a password.

    The configuration says where it is: `{ file = "PATH" }`, `{ env = "NAME" }`, or `{ credential = "NAME" }` for a
    systemd credential (a file in $CREDENTIALS_DIRECTORY, systemd.exec(5)). It is read at each use, so that a rotated
    secret needs no restart. Neither `repr` nor an error shows it.

    Example:
        >>> Secret("env", "HEC_TOKEN")
        Secret(env HEC_TOKEN)
    """

    __slots__ = ("_kind", "_name")

    def __init__(self, kind: str, name: str) -> None:
        self._kind, self._name = kind, name

    def __repr__(self) -> str:
        return f"Secret({self._kind} {self._name})"

    def reveal(self) -> str:
        """The secret itself, less the newline at its end.

        Raises:
            ConfigError: it is not there, unreadable, empty, or not UTF-8.
        """
        try:
            value = _KINDS[self._kind](self._name)
            value.encode("utf-8")  # the environment may hold any bytes
        except OSError as error:
            raise ConfigError(f"secret {self._kind} {self._name}: {error.strerror}") from None
        except KeyError as error:
            raise ConfigError(f"secret {self._kind} {self._name}: ${error.args[0]} is not set") from None
        except UnicodeError:
            raise ConfigError(f"secret {self._kind} {self._name}: is not UTF-8 text") from None
        value = value.rstrip("\r\n")
        if not value:
            raise ConfigError(f"secret {self._kind} {self._name}: is empty")
        return value

    @property
    def only_in_unit(self) -> bool:
        """Whether it is a credential of a systemd unit, and this process runs outside any: nobody can know it here."""
        return self._kind == "credential" and "CREDENTIALS_DIRECTORY" not in os.environ

    @classmethod
    def from_config(cls, raw: Any, *, reveal: bool = True) -> Self:
        """Understand what the configuration says, and see that the secret is there.

        Args:
            raw: what stands in the file.
            reveal: False to believe that it is there.

        Raises:
            ValueError: the value is no table of one known key, or the secret is not there.
        """
        if not isinstance(raw, dict) or len(raw) != 1 or not raw.keys() <= _KINDS.keys():
            raise ValueError(f"a secret is never written here: say where it is, {HOW}")
        [(kind, name)] = raw.items()
        if not isinstance(name, str) or not name:
            raise ValueError(f"the {kind} of a secret is a name, in quotes")
        secret = cls(kind, name)
        try:
            if reveal:
                secret.reveal()
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return secret


def secrets_in(config: object, place: str = "") -> Iterator[tuple[str, Secret]]:
    """Every secret that a configuration names, with the dotted place of its key."""
    if isinstance(config, Secret):
        yield place, config
    inner: dict[str, object] = {}
    if isinstance(config, msgspec.Struct):
        inner = {field.encode_name: getattr(config, field.name) for field in msgspec.structs.fields(config)}
    elif isinstance(config, dict):
        inner = config
    elif isinstance(config, list | tuple):
        inner = {str(at): value for at, value in enumerate(config)}
    for key, value in inner.items():
        yield from secrets_in(value, f"{place}.{key}" if place else f"{key}")


def _from_credential(name: str) -> str:
    return (Path(os.environ["CREDENTIALS_DIRECTORY"]) / name).read_text("utf-8")


_KINDS: Mapping[str, Callable[[str], str]] = {
    "file": lambda name: Path(name).read_text("utf-8"),
    "env": os.environ.__getitem__,
    "credential": _from_credential,
}
