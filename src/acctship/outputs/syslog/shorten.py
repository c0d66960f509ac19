"""Making an event shorter, by leaving fields out that can be missed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

import acctship

OPTIONAL = (
    "agent", "related", "event.module", "event.sequence", "event.end", "process.end",
    "log", "tags", "labels",
    "acct.layout", "process.tty", "acct.faults", "host.boot", "host.id", "group", "process.start",
    "acct.memory", "acct.cpu", "event.start", "acct.flags", "event.duration", "acct.tty", "process.parent",
    "acct.health.about", "message",
)  # fmt: skip
"""Left out in this order, one after the other, until the message is short enough: first what other fields say, then
what a site may have made long, then what tells least. What is not here stays: which record it is, what happened,
where and when, who ran what, and how it ended."""

S = TypeVar("S", bound=Struct)


def shorter(event: acctship.Event) -> Iterator[acctship.Event]:
    """The event with ever fewer fields; each is an event still."""
    for field in OPTIONAL:
        less = _without(event, field.split("."))
        if less is not event:
            event = less
            yield event


def _without(whole: S, path: Sequence[str]) -> S:
    """A copy less one field, and less the objects that are empty then; the same if it has no such field."""
    name, *rest = path
    value = getattr(whole, name)
    if value is None:
        return whole
    less = _without(value, rest) if rest else None
    if less is value:
        return whole
    if less is not None and all(getattr(less, one) is None for one in less.__struct_fields__):
        less = None
    return replace(whole, **{name: less})
