"""Events as the entries of a chunk: `[time, record]` in MessagePack."""

from __future__ import annotations

from collections.abc import Sequence

import msgpack  # type: ignore[import-untyped]  # it has none
import msgspec
from fluent.sender import EventTime  # type: ignore[import-untyped]  # it has none

import acctship

_PAIR = b"\x92"
"""A MessagePack array of two."""
_LAST = (1 << 32) * 1_000_000_000 - 1
"""Nanoseconds since 1970 that EventTime can tell, in 32 bits of seconds; `@timestamp` has no such end."""

_decode = msgspec.json.Decoder(dict[str, object]).decode
_encode = msgspec.msgpack.Encoder().encode


def heads(times_ns: Sequence[int]) -> list[bytes]:
    """What stands in front of each record: the array of two, and its time as EventTime with nanoseconds."""
    made = {ns: _PAIR + msgpack.packb(EventTime.from_unix_nano(min(max(ns, 0), _LAST))) for ns in set(times_ns)}
    return [made[ns] for ns in times_ns]


def records(batch: acctship.EventBatch, *, flat: bool) -> Sequence[bytes]:
    """Each event as a MessagePack map: nested, or with dotted keys."""
    if not flat:
        return batch.msgpack()
    return [_encode(flattened(_decode(line))) for line in batch.json()]


def flattened(nested: dict[str, object], prefix: str = "") -> dict[str, object]:
    """The same values under dotted keys; lists stay lists.

    >>> flattened({"process": {"pid": 7, "parent": {"pid": 1}}, "tags": ["a"]})
    {'process.pid': 7, 'process.parent.pid': 1, 'tags': ['a']}
    """
    flat: dict[str, object] = {}
    for key, value in nested.items():
        if isinstance(value, dict):
            flat |= flattened(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat
