"""Tell from the first bytes what a file is, and say why; refuse what is not known, naming what was seen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from acctship.errors import FormatError
from acctship.records.layout import LAYOUTS, Layout
from acctship.records.plausible import plausible

HEAD_RECORDS = 16
"""So many records at the start must be plausible, where the file has as many."""

_COMPRESSED = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\x00": "xz", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd"}
_OTHERS = {b"\x7fELF": "an ELF program", b"PK\x03\x04": "a zip archive", b"SQLite format 3": "an SQLite database"}
_TEXT_BYTES = frozenset(range(0x20, 0x7F)) | frozenset(b"\t\r\n")


class Detection(NamedTuple):
    """A layout, and the reason for choosing it, for people."""

    layout: Layout
    reason: str


def detect(head: bytes) -> Detection:
    """Choose the layout of a file from its first bytes: 64 decide, 1,024 make it sure.

    Raises:
        FormatError: it is nothing that acctship can read; the message says what it looks like.

    >>> detect(bytes([0, 3]) + bytes(62)).layout.name
    'linux-v3-le'
    """
    if _is_freebsd(head):
        raise FormatError(f"it looks like FreeBSD v{head[1]} accounting, which is not read yet")
    version = head[1] if len(head) > 1 else None
    for layout in LAYOUTS.values():
        if version != layout.version_byte or head[0] >= 0x40:
            continue
        count = min(len(head) // layout.size, HEAD_RECORDS)
        if not count:
            raise FormatError(
                f"only {len(head)} bytes: shorter than one record of {layout.title} ({layout.size} bytes)"
            )
        good = plausible(layout, np.frombuffer(head, layout.dtype, count))
        if good.all():
            reason = f"byte 1 is {version:#04x}, the first {count} of its {layout.size}-byte records are plausible"
            return Detection(layout, reason)
        if good[0]:
            at = int(good.argmin()) * layout.size
            raise FormatError(
                f"starts like {layout.title}, but no record of it is at offset {at}: damaged files are not read yet"
            )
    raise FormatError(f"no process accounting file that acctship reads: {_what_it_looks_like(head)}")


def _what_it_looks_like(head: bytes) -> str:
    for magic, name in _COMPRESSED.items():
        if head.startswith(magic):
            return f"it is compressed by {name}, which is not read yet: decompress it and name `-` to read a pipe"
    for magic, name in _OTHERS.items():
        if head.startswith(magic):
            return f"it looks like {name}"
    if not any(head):
        return f"its first {len(head)} bytes are all zero"
    if all(byte in _TEXT_BYTES for byte in head):
        return f"it looks like text, starting with {head[:20].decode('ascii')!r}"
    if len(head) >= 2 and head[0] < 0x40 and head[1] & 0x7F < 3:
        order = "big" if head[1] & 0x80 else "little"
        return f"byte 1 is {head[1]:#04x}: perhaps Linux v{head[1] & 0x7F}, {order}-endian, which is not read yet"
    return f"it starts with the bytes {head[:8].hex(' ')}; Linux v3 has 03 or 83 as its second"


def _is_freebsd(head: bytes) -> bool:
    """FreeBSD has the record's length where Linux has a terminal: 80 or 72, which no terminal's number is."""
    return head[:2] in (b"\0\2", b"\0\3") and head[2:4] in (b"\x50\0", b"\x48\0", b"\0\x50", b"\0\x48")
