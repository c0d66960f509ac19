"""How far a segment has been read."""

from __future__ import annotations

from msgspec import Struct

NOT_WANTED = 2**63 - 1
"""Offset of a segment of which an output wants nothing, whatever its size: it began after it."""


class Place(Struct, frozen=True):
    """An offset in one segment, and what shows that the segment is still the one that was read.

    Attributes:
        offset: bytes of the uncompressed file before it.
        check: CRC-32 of the last bytes before it, one record's length or fewer; 0 at offset 0.
    """

    offset: int = 0
    check: int = 0
