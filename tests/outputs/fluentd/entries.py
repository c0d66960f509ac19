"""What a receiver of forward makes of a chunk's entries, by a decoder that acctship does not use."""

from __future__ import annotations

import gzip
import struct
from typing import Any

import msgpack  # type: ignore[import-untyped]  # it has no types

Entry = tuple[int, dict[str, Any]]
"""Time in nanoseconds, and record."""


def entries_of(packed: bytes, *, compressed: str = "text") -> list[Entry]:
    """The entries of a PackedForward message.

    Args:
        packed: its second part.
        compressed: as in its option.

    Raises:
        ValueError: it is no MessagePack, or a string in it is no UTF-8.
        AssertionError: a time is no EventTime.
    """
    assert compressed in ("text", "gzip")
    plain = gzip.decompress(packed) if compressed == "gzip" else packed
    unpacker = msgpack.Unpacker(raw=False, strict_map_key=True, max_buffer_size=100_000_000)
    unpacker.feed(plain)
    entries = [(time_ns(when), record) for when, record in unpacker]
    assert unpacker.tell() == len(plain), "an entry is cut off"
    return entries


def time_ns(when: Any) -> int:
    """Nanoseconds of an EventTime: ext type 0, seconds and nanoseconds as big-endian u32."""
    assert isinstance(when, msgpack.ExtType), f"no EventTime, so Fluentd drops it or loses its fraction: {when!r}"
    assert when.code == 0
    seconds, nanoseconds = struct.unpack(">II", when.data)
    return int(seconds) * 1_000_000_000 + int(nanoseconds)
