"""The configuration: one TOML file, and `conf.d/*.toml` beside it, read strictly.

[source]
path = "/var/log/account/pacct"
labels = { environment = "production" }

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

import msgspec
from msgspec import Meta, Struct

from acctship import plugins
from acctship.errors import ConfigError, PluginError
from acctship.events.omit import omitted
from acctship.output import RESERVED_KEYS, Delivery, Output, OutputConfig
from acctship.strict import convert, seconds, unknown_key

DEFAULT = Path("/etc/acctship/acctship.toml")
_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"


class SourceConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """Table `[source]`: the accounting file and what the site adds to its events."""

    path: Annotated[str | None, Meta(description="Accounting file; without it, this system's own")] = None
    labels: Annotated[dict[str, str], Meta(description="For every event, as `labels.NAME`")] = {}
    tags: Annotated[tuple[str, ...], Meta(description="For every event, as `tags`")] = ()


@dataclass(frozen=True)
class Deployed:
    """One output of the configuration.

    Attributes:
        name: the site's name for it: `siem` in `[outputs.siem]`.
        type: kind of output.
        config: its keys.
        limits: its guarantee and limits, with what the site overrides.
        omit: fields to leave out of its events.
        found: the plugin that brings it.
    """

    name: str
    type: str
    config: OutputConfig
    limits: Delivery
    omit: frozenset[str]
    found: plugins.Found

    def build(self) -> Output:
        """A new output.

        Raises:
            PluginError: its client library is missing, or the plugin is broken.
            ConfigError: its keys contradict each other.
        """
        where = f"outputs.{self.name}"
        try:
            output: object = self.config.output(self.limits)
        except ImportError as error:
            extra = f"[{self.found.spec.extra}]" if self.found.spec.extra else ""
            package = f"{self.found.plugin.distribution}{extra}"
            raise PluginError(f"{where}: {self.type} needs a library: {error}: pip install '{package}'") from None
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from None
        if any(not callable(getattr(output, method, None)) for method in ("open", "send", "close")):
            raise PluginError(
                f"{where}: {self.type} of {self.found.plugin.package} is broken: output() gave {output!r}, "
                "which has not open, send and close"
            )
        return output  # type: ignore[return-value]  # has just been seen to have an Output's methods


@dataclass(frozen=True)
class Config:
    """A configuration whose `[source]` has been read. Reading outputs imports their plugins, so it is done apart.

    Attributes:
        paths: the files it came from; empty if there is none.
        source: table `[source]`.
    """

    paths: tuple[Path, ...] = ()
    source: SourceConfig = field(default_factory=SourceConfig)
    _outputs: Mapping[str, object] = field(default_factory=dict)
    _origins: Mapping[str, Path] = field(default_factory=dict)

    def outputs(self) -> list[Deployed]:
        """Read `[outputs.*]`; without any file, JSON lines on standard output.

        Raises:
            ConfigError: a key is wrong, or there is no output.
            PluginError: a plugin that is used is missing or broken.
        """
        if not self.paths:
            return [_deployed("stdout", {"type": "jsonl"})]
        if not self._outputs:
            raise ConfigError(f'{self.paths[0]}: no output: add [outputs.NAME] with type = "..."')
        deployed = []
        for name, table in self._outputs.items():
            try:
                deployed.append(_deployed(name, table))
            except (ConfigError, PluginError) as error:
                raise type(error)(f"{self._origins[f'outputs.{name}']}: {error}") from None
        return deployed


def load(path: Path | None = None) -> Config:
    """Read a configuration file and `conf.d/*.toml` in its folder.

    Args:
        path: the file; without it, `DEFAULT` if that exists.

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
    paths = (path, *_more(path.parent / "conf.d"))
    for one in paths:
        _merge(document, _read(one), one, origins, "")
    for key in document:
        if key not in ("source", "outputs"):
            raise ConfigError(f"{origins[key]}: {unknown_key(key, ('source', 'outputs'), '')}")
    try:
        source = convert(document.get("source", {}), SourceConfig, "source")
    except ConfigError as error:
        raise ConfigError(f"{origins['source']}: {error}") from None
    outputs = document.get("outputs", {})
    if not isinstance(outputs, dict):
        raise ConfigError(f"{origins['outputs']}: outputs: expected tables [outputs.NAME]")
    return Config(paths, source, outputs, origins)


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


def _deployed(name: str, table: object) -> Deployed:
    where = f"outputs.{name}"
    if not name or set(name) - set(_NAME):
        raise ConfigError(f"{where}: an output's name is made of letters, digits, - and _")
    if not isinstance(table, dict):
        raise ConfigError(f"{where}: expected a table [outputs.{name}]")
    kind = table.get("type")
    if not isinstance(kind, str):
        raise ConfigError(f'{where}.type: missing: write type = "..."; `acctship outputs list` names the types')
    for key in ("where", "start"):
        if key in table:
            raise ConfigError(f"{where}.{key}: filters and starting points come with following, not in this version")
    try:
        found = plugins.find(kind)
    except PluginError as error:
        raise PluginError(f"{where}.type: {error}") from None
    own = {key: value for key, value in table.items() if key not in RESERVED_KEYS}
    config = convert(own, found.spec.config, where)
    omit = table.get("omit", "full")
    if not isinstance(omit, str) and not (isinstance(omit, list) and all(isinstance(one, str) for one in omit)):
        raise ConfigError(f"{where}.omit: expected the name of a preset, or a list of fields")
    limits = _limits(config.delivery(), table.get("delivery", {}), f"{where}.delivery")
    return Deployed(name, kind, config, limits, omitted(omit, f"{where}.omit"), found)


def _limits(limits: Delivery, overrides: object, where: str) -> Delivery:
    if not isinstance(overrides, dict):
        raise ConfigError(f"{where}: expected a table")
    if "guarantee" in overrides:
        raise ConfigError(f"{where}.guarantee: follows from the output and cannot be set")
    durations = {key: seconds(overrides[key], f"{where}.{key}") for key in ("linger", "timeout") if key in overrides}
    return convert({**msgspec.to_builtins(limits), **overrides, **durations}, Delivery, where)
