"""One `[outputs.NAME]` of the configuration, checked and ready to be built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, get_args

import msgspec
from msgspec import Meta

from acctship import plugins
from acctship.errors import ConfigError, PluginError
from acctship.events.omit import omitted
from acctship.events.where import Where
from acctship.output import RESERVED_KEYS, Delivery, Output, OutputConfig
from acctship.strict import convert, seconds
from acctship.where import parse

T = TypeVar("T")

Start = Literal["present", "oldest"]

_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


class HostKeys(msgspec.Struct):
    """Keys that belong to acctship in every `[outputs.NAME]`, for people: `deploy` reads them."""

    type: Annotated[
        str,
        Meta(description="Kind of output; `acctship outputs list` names them, `outputs show TYPE` lists its keys"),
    ]
    where: Annotated[
        dict[str, Any] | None, Meta(description="Which records to ship: `include`, `exclude`; without it, all")
    ] = None
    omit: Annotated[
        str | tuple[str, ...], Meta(description='Fields to leave out: `"full"` (none), `"minimal"`, or a list')
    ] = "full"
    start: Annotated[
        Start, Meta(description="Where a new output begins: with what ends from now on, or with all that is there")
    ] = "present"
    delivery: Annotated[dict[str, Any], Meta(description="Limits that override the output's own")] = {}


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
        where: which records it wants; None for all.
        start: where a new output begins: at what is recorded from now on, or at the oldest record that is there.
    """

    name: str
    type: str
    config: OutputConfig
    limits: Delivery
    omit: frozenset[str]
    found: plugins.Found
    where: Where | None = None
    start: Start = "present"

    def build(self) -> Output:
        """A new output.

        Raises:
            PluginError: its client library is missing, or the plugin is broken.
            ConfigError: its keys contradict each other.
        """
        where = f"outputs.{self.name}"
        output = _ask(self.found, where, lambda: self.config.output(self.limits))
        if any(not callable(getattr(output, method, None)) for method in ("open", "send", "close")):
            raise _broken(self.found, where, f"output() gave {output!r}, which has not open, send and close")
        return output


def deploy(name: str, table: object, *, reveal: bool = True) -> Deployed:
    """Read one table `[outputs.NAME]`, and load the plugin that it names.

    Args:
        name: NAME.
        table: its keys.
        reveal: False to believe that the secrets which it names are there.

    Raises:
        ConfigError: a key is unknown, missing or wrong; the message starts with its dotted place.
        PluginError: the plugin is missing or broken.
    """
    where = f"outputs.{name}"
    table = _table(name, table)
    kind = table.get("type")
    if not isinstance(kind, str):
        raise ConfigError(f'{where}.type: missing: write type = "..."; `acctship outputs list` names the types')
    start = table.get("start", "present")
    if start not in get_args(Start):
        raise ConfigError(f'{where}.start: expected "present" or "oldest"')
    wanted = parse(table["where"], f"{where}.where") if "where" in table else None
    try:
        found = plugins.find(kind)
    except PluginError as error:
        raise PluginError(f"{where}.type: {error}") from None
    own = {key: value for key, value in table.items() if key not in RESERVED_KEYS}
    config = convert(own, found.spec.config, where, reveal=reveal)
    limits = _limits(found, config, table.get("delivery", {}), where)
    return Deployed(name, kind, config, limits, omission(name, table), found, wanted, start)


def omission(name: str, table: object) -> frozenset[str]:
    """What one table `[outputs.NAME]` leaves out of its events; no plugin is needed to know.

    Raises:
        ConfigError: its name is wrong, it is no table, or `omit` names what cannot be left out.
    """
    omit, where = _table(name, table).get("omit", "full"), f"outputs.{name}.omit"
    if not isinstance(omit, str) and not (isinstance(omit, list) and all(isinstance(one, str) for one in omit)):
        raise ConfigError(f"{where}: expected the name of a preset, or a list of fields")
    return omitted(omit, where)


def _table(name: str, table: object) -> dict[str, Any]:
    if not name or set(name) - _NAME:
        raise ConfigError(f"outputs.{name}: an output's name is made of letters, digits, - and _")
    if not isinstance(table, dict):
        raise ConfigError(f"outputs.{name}: expected a table [outputs.{name}]")
    return table


def _limits(found: plugins.Found, config: OutputConfig, overrides: object, where: str) -> Delivery:
    limits: object = _ask(found, where, config.delivery)
    if not isinstance(limits, Delivery):
        raise _broken(found, where, f"delivery() gave {limits!r}, not an acctship.Delivery")
    own: dict[str, Any] = msgspec.to_builtins(limits)
    try:
        convert(own, Delivery, "delivery()")
    except ConfigError as error:
        raise _broken(found, where, str(error)) from None
    where += ".delivery"
    if not isinstance(overrides, dict):
        raise ConfigError(f"{where}: expected a table")
    if "guarantee" in overrides:
        raise ConfigError(f"{where}.guarantee: follows from the output and cannot be set")
    durations = {
        key: seconds(overrides[key], f"{where}.{key}") for key in ("linger", "splay", "timeout") if key in overrides
    }
    return convert({**own, **overrides, **durations}, Delivery, where)


def _ask(found: plugins.Found, where: str, question: Callable[[], T]) -> T:
    """Call a plugin's code: whatever it raises is said of the plugin."""
    try:
        return question()
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    except ImportError as error:
        extra = f"[{found.spec.extra}]" if found.spec.extra else ""
        advice = f"pip install '{found.plugin.distribution}{extra}'"
        raise PluginError(f"{where}: {found.spec.name} needs a library: {error}: {advice}") from None
    except (Exception, SystemExit) as error:
        raise _broken(found, where, f"{type(error).__name__}: {error}") from error


def _broken(found: plugins.Found, where: str, reason: str) -> PluginError:
    return PluginError(f"{where}: {found.spec.name} of {found.plugin.package} is broken: {reason}")
