"""Leaving fields out, because receivers charge by the byte."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec

from acctship.errors import ConfigError
from acctship.events.fields import field, fields
from acctship.events.schema import Event

PRESETS: Mapping[str, tuple[str, ...]] = {
    "full": (),
    "minimal": (
        "acct.cpu", "acct.faults", "acct.flags", "acct.layout", "acct.memory", "acct.offset", "acct.segment",
        "agent", "event.end", "event.module", "event.sequence", "event.start", "group", "host.boot", "host.id", "log",
        "process.end", "process.start", "process.tty", "related",
    ),
}  # fmt: skip
"""What `omit = "NAME"` leaves out. `minimal` keeps who ran what, where, when, for how long, and how it ended."""

NOTHING: frozenset[str] = frozenset()

S = TypeVar("S", bound=msgspec.Struct)


def omitted(omit: str | Collection[str], where: str) -> frozenset[str]:
    """Check what `omit` names: a preset, or a list of fields and objects.

    Raises:
        ConfigError: an unknown name, or a field that is not optional; the message starts with `where`.
    """
    if isinstance(omit, str):
        if omit not in PRESETS:
            raise ConfigError(f"{where}: no preset {omit!r}: {' or '.join(PRESETS)}, or a list of fields")
        omit = PRESETS[omit]
    for name in omit:
        if name.startswith("labels."):
            raise ConfigError(f"{where}: {name} cannot be omitted by itself: take it out of [source], or omit labels")
        if not field(name, where).optional:
            whole = next((outer for outer in _objects_around(name) if fields()[outer].optional), None)
            raise ConfigError(f"{where}: {name} cannot be omitted" + (f" by itself: omit {whole}" if whole else ""))
    return frozenset(omit)


def without(event: Event, names: frozenset[str]) -> Event:
    """A copy less the fields of these names, and less the objects that hold nothing then."""
    return _less(event, _tree(names))


@cache
def _tree(names: frozenset[str]) -> dict[str, Any]:
    """What to leave out, nested like the event; None at the end of a name."""
    tree: dict[str, Any] = {"host": {}}  # of another machine nothing may be known
    for name in sorted(names):  # an object comes before what it holds
        *outer, last = name.split(".")
        inner: dict[str, Any] | None = tree
        for part in outer:
            inner = None if inner is None else inner.setdefault(part, {})
        if inner is not None:
            inner[last] = None
    return tree


def _less(whole: S, tree: dict[str, Any]) -> S:
    changes: dict[str, Any] = {}
    for name, inner in tree.items():
        value = getattr(whole, name)
        if value is not None:
            less = None if inner is None else _less(value, inner)
            changes[name] = None if less is None or _is_empty(less) else less
    return msgspec.structs.replace(whole, **changes)


def _is_empty(one: msgspec.Struct) -> bool:
    return all(getattr(one, name) is None for name in one.__struct_fields__)


def _objects_around(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name
