"""Leaving fields out, because receivers charge by the byte."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from acctship.errors import ConfigError
from acctship.events.fields import field, fields

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


def without(struct: S, names: Collection[str], prefix: str = "") -> S:
    """A copy less the fields of these names, and less the objects that hold nothing then."""
    changes: dict[str, Any] = {}
    for attribute, encoded in zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True):
        value, name = getattr(struct, attribute), prefix + encoded
        if name in names:
            changes[attribute] = None
        elif isinstance(value, msgspec.Struct):
            less = without(value, names, name + ".")
            changes[attribute] = less if any(getattr(less, at) is not None for at in less.__struct_fields__) else None
    return msgspec.structs.replace(struct, **changes)


def _objects_around(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name
