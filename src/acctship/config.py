"""The configuration: one TOML file, and `conf.d/*.toml` beside it, read strictly.

[source]
path = "/var/log/account/pacct"
labels = { environment = "production" }

[state]
directory = "/var/lib/acctship"

[canary]
interval = "30s"

[outputs.copy]
type = "jsonl"
path = "/var/log/acctship/events.jsonl"
omit = "minimal"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from acctship.accounting.limits import Limits
from acctship.deployed import Deployed, deploy, omission
from acctship.errors import ConfigError, PluginError
from acctship.strict import byte_count, convert, seconds, unknown_key

DEFAULT = Path("/etc/acctship/acctship.toml")
_TABLES = ("source", "state", "accounting", "canary", "outputs")


class SourceConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """Table `[source]`: the accounting file and what the site adds to its events."""

    path: Annotated[str | None, Meta(description="Accounting file; without it, this system's own")] = None
    labels: Annotated[dict[str, str], Meta(description="For every event, as `labels.NAME`")] = {}
    tags: Annotated[tuple[str, ...], Meta(description="For every event, as `tags`")] = ()


class StateConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """Table `[state]`: where acctship remembers how far it has read."""

    directory: Annotated[str, Meta(min_length=1, description="Folder of its own, kept across restarts")] = (
        "/var/lib/acctship"
    )


class CanaryConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """Table `[canary]`: the process whose record proves that the kernel records."""

    interval: Annotated[
        float,
        Meta(
            ge=0,
            description='Time between two canaries, at least a second; `"0s"`: none, and nobody notices that '
            "accounting has stopped",
        ),
    ] = 30.0
    ship: Annotated[bool, Meta(description="Ship the records of canaries, too; they are always counted")] = False


class AccountingConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """Table `[accounting]`: who may read the kernel's file, and how long rotated ones are kept."""

    group: Annotated[
        str, Meta(min_length=1, description="May read the accounting file, as acctship's own user has to")
    ] = "acctship"
    max_age: Annotated[
        str | float, Meta(description="A rotated file goes when its last record is older and no output needs it")
    ] = "30d"
    max_size: Annotated[
        str | int, Meta(description="Bytes of all rotated files, above which the oldest go that no output needs")
    ] = "1GB"
    hard_limit: Annotated[
        str | int | None,
        Meta(description="The same, above which the oldest go even if an output needs them; none: never"),
    ] = None

    def limits(self) -> Limits:
        """What rotation keeps.

        Raises:
            ConfigError: a value is no duration or size.
        """
        table = {"max_age": seconds(self.max_age, "accounting.max_age")}
        for key in ("max_size", "hard_limit"):
            table[key] = byte_count(getattr(self, key), f"accounting.{key}")
        return convert(table, Limits, "accounting")


@dataclass(frozen=True)
class Config:
    """A configuration whose outputs have not been read yet: that imports their plugins, so it is done apart.

    Attributes:
        paths: the files it came from; empty if there is none.
        source: table `[source]`.
        state: table `[state]`.
        accounting: table `[accounting]`.
        canary: table `[canary]`.
    """

    paths: tuple[Path, ...] = ()
    source: SourceConfig = field(default_factory=SourceConfig)
    state: StateConfig = field(default_factory=StateConfig)
    accounting: AccountingConfig = field(default_factory=AccountingConfig)
    canary: CanaryConfig = field(default_factory=CanaryConfig)
    _outputs: Mapping[str, object] = field(default_factory=dict)
    _origins: Mapping[str, Path] = field(default_factory=dict)

    def outputs(self) -> list[Deployed]:
        """Read `[outputs.*]`; without any file, JSON lines on standard output.

        Raises:
            ConfigError: a key is wrong, or there is no output.
            PluginError: a plugin that is used is missing or broken.
        """
        if not self.output_names:
            raise no_output(self.paths[0])
        return [self.output(name) for name in self.output_names]

    @property
    def output_names(self) -> list[str]:
        """What `output` takes."""
        return list(self._outputs) if self.paths else ["stdout"]

    def output(self, name: str, *, reveal: bool = True) -> Deployed:
        """Read one of `[outputs.*]`.

        Args:
            name: one of `output_names`.
            reveal: False to believe that the secrets which it names are there.

        Raises:
            ConfigError: a key is wrong.
            PluginError: its plugin is missing or broken.
        """
        if not self.paths:
            return deploy(name, {"type": "jsonl"})
        try:
            return deploy(name, self._outputs[name], reveal=reveal)
        except (ConfigError, PluginError) as error:
            raise type(error)(f"{_origin(str(error), self._origins)}: {error}") from None

    def output_types(self) -> dict[str, str]:
        """The type of each configured output, by its name, as far as it is said. No plugin is loaded or checked."""
        tables = {name: table for name, table in self._outputs.items() if isinstance(table, dict)}
        return {name: str(table.get("type", "")) for name, table in tables.items()}

    def omissions(self) -> dict[str, frozenset[str]]:
        """What each output leaves out, by its name. No plugin is loaded, and no other key is checked.

        Raises:
            ConfigError: an `omit` is wrong.
        """
        try:
            return {name: omission(name, table) for name, table in self._outputs.items()}
        except ConfigError as error:
            raise ConfigError(f"{_origin(str(error), self._origins)}: {error}") from None


def no_output(path: Path) -> ConfigError:
    """What to say of a configuration that ships nowhere."""
    return ConfigError(f'{path}: no output: add [outputs.NAME] with type = "..."')


def load(path: Path | None = None, *, alone: bool = False) -> Config:
    """Read a configuration file and `conf.d/*.toml` in its folder.

    Args:
        path: the file; without it, `DEFAULT` if that exists.
        alone: read this file only: it is a draft of one that has its place elsewhere.

    Raises:
        ConfigError: a file is missing, unreadable, no TOML; a key is unknown, wrong, or set twice.
    """
    if path is None:
        try:
            DEFAULT.stat()
        except (FileNotFoundError, NotADirectoryError):
            return Config()
        except OSError:
            pass  # reading it gives the reason
        path = DEFAULT
    document: dict[str, Any] = {}
    origins: dict[str, Path] = {}
    paths = (path,) if alone else (path, *_more(path.parent / "conf.d"))
    for one in paths:
        _merge(document, _read(one), one, origins, "")
    for key in document:
        if key not in _TABLES:
            raise ConfigError(f"{origins[key]}: {unknown_key(key, _TABLES, '')}")
    try:
        source = convert(document.get("source", {}), SourceConfig, "source")
        state = convert(document.get("state", {}), StateConfig, "state")
        canary = convert(_durations(document.get("canary", {}), "canary", "interval"), CanaryConfig, "canary")
        accounting = convert(document.get("accounting", {}), AccountingConfig, "accounting")
        accounting.limits()
    except ConfigError as error:
        raise ConfigError(f"{_origin(str(error), origins)}: {error}") from None
    outputs = document.get("outputs", {})
    if not isinstance(outputs, dict):
        raise ConfigError(f"{origins['outputs']}: outputs: expected tables [outputs.NAME]")
    return Config(paths, source, state, accounting, canary, outputs, origins)


def _durations(table: object, where: str, *keys: str) -> object:
    """A table with some of its durations in seconds; whatever else is wrong with it is left for `convert` to judge."""
    if not isinstance(table, dict):
        return table
    return {**table, **{key: seconds(table[key], f"{where}.{key}") for key in keys if key in table}}


def _origin(message: str, origins: Mapping[str, Path]) -> Path:
    """The file that set the key with which a message starts, or the table around it."""
    place = message.partition(":")[0]
    while place not in origins:
        place = place[: max(place.rfind("."), place.rfind("["))]
    return origins[place]


def _more(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be read: {error.strerror}") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from None


def _merge(into: dict[str, Any], new: Mapping[str, Any], path: Path, origins: dict[str, Path], prefix: str) -> None:
    for key, value in new.items():
        place = prefix + key
        if key not in into:
            into[key] = {} if isinstance(value, dict) else value
            origins[place] = path
        elif not (isinstance(value, dict) and isinstance(into[key], dict)):
            raise ConfigError(f"{path}: {place}: is set in {origins[place]} already")
        if isinstance(value, dict):
            _merge(into[key], value, path, origins, place + ".")
