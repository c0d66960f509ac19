"""Tell from the first bytes what a file is, and say why; refuse what is not known, naming what was seen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from acctship.errors import FormatError
from acctship.records.columns import Rows
from acctship.records.damage import as_rows, judge
from acctship.records.layout import LAYOUTS, Layout
from acctship.records.plausible import CLOCK_SET, convincing, plausible

HEAD_RECORDS = 16
"""So many records at the start are looked at, where the file has as many."""

_OTHERS = {b"\x7fELF": "an ELF program", b"PK\x03\x04": "a zip archive", b"SQLite format 3": "an SQLite database"}
_TEXT_BYTES = frozenset(range(0x20, 0x7F)) | frozenset(b"\t\r\n")


class Detection(NamedTuple):
    """A layout, and the reason for choosing it, for people."""

    layout: Layout
    reason: str


def detect(head: bytes) -> Detection:
    """Choose the layout of a file from its first bytes.

    Args:
        head: one record decides, 1,024 bytes make it sure (in v0, which does not tell its byte order, they are needed
            for that). In a file whose start is damaged the first record may come later.

    Raises:
        FormatError: it is nothing that acctship can read; the message says what it looks like.

    >>> detect(bytes([0, 3]) + bytes(62)).layout.name
    'linux-v3-le'
    """
    if _is_freebsd(head):
        raise FormatError(f"it looks like FreeBSD v{head[1]} accounting, which is not read yet")
    other = next((name for magic, name in _OTHERS.items() if head.startswith(magic)), None)
    found = _from_the_start(head) or (None if other else _from_somewhere(head))
    if found is None:
        looks = f"it looks like {other}" if other else _what_it_looks_like(head)
        raise FormatError(f"no process accounting file that acctship reads: {looks}")
    return found


def _from_the_start(head: bytes) -> Detection | None:
    candidates = []
    for layout in LAYOUTS.values():
        rows = as_rows(layout, np.frombuffer(head, np.uint8))[:HEAD_RECORDS]
        good = plausible(layout, rows)
        if len(rows) and good[0] and (good.all() or convincing(layout, rows[:1])[0]):
            candidates.append((len(rows) - int(good.sum()), _unlikelihood(rows) if layout.padding else 0.0, layout))
    if not candidates:
        return None
    bad, _, layout = min(candidates, key=lambda one: one[:2])
    count = min(len(head) // layout.size, HEAD_RECORDS)
    which = f"the first {count}" if not bad else f"{count - bad} of the first {count}"
    told = f"byte 1 is {head[1]:#04x}" + (", numbers are smaller in this byte order" if layout.padding else "")
    return Detection(layout, f"{told}, {which} of its {layout.size}-byte records are plausible")


def _from_somewhere(head: bytes) -> Detection | None:
    """The layout in which most records can be found behind a start that is no record: two at least.

    They make up a good part of what follows the first of them, zeros at the end apart, or chance made them: many a
    program holds bytes that could be one, and of v0 every database.
    """
    data, end = np.frombuffer(head, np.uint8), len(head.rstrip(b"\0"))
    found = []
    for layout in [one for one in LAYOUTS.values() if not one.padding]:
        runs = judge(layout, data, in_step=False, last=True).runs
        count = sum(run.records for run in runs)
        if count > 1 and count * layout.size * 4 >= end - runs[0].start:
            found.append((count, runs[0].start, layout))
    if not found:
        return None
    count, start, layout = max(found, key=lambda one: one[0])
    return Detection(layout, f"{count} records of it are in the first {len(head)} bytes, from offset {start} on")


def _unlikelihood(rows: Rows) -> float:
    """How large the numbers in some records are, and how far apart their times: both are less in the right order."""
    names = ("uid", "gid", "utime", "stime", "etime", "mem", "minflt", "majflt", "exitcode")
    bits = sum(float(np.log2(1.0 + rows[name]).mean()) for name in names)
    begins = rows["btime"].astype(np.int64)
    steps = abs(np.diff(begins)) if len(rows) > 1 else np.where(begins < CLOCK_SET, 2**31, 0)
    return bits + float(np.log2(1.0 + steps).mean())


def _what_it_looks_like(head: bytes) -> str:
    if not any(head):
        return f"its first {len(head)} bytes are all zero"
    if all(byte in _TEXT_BYTES for byte in head):
        return f"it looks like text, starting with {head[:20].decode('ascii')!r}"
    if len(head) < 64:
        return f"only {len(head)} bytes: shorter than one record"
    return f"it starts with the bytes {head[:8].hex(' ')}; Linux has 00 to 03, or 81 to 83, as the second of a record"


def _is_freebsd(head: bytes) -> bool:
    """FreeBSD has the record's length where Linux v3 has a terminal, and v2 a user: 80 or 72, and a second time."""
    if head[:2] not in (b"\0\2", b"\0\3"):
        return False
    size = {b"\x50\0": 80, b"\0\x50": 80, b"\x48\0": 72, b"\0\x48": 72}.get(head[2:4])
    return size is not None and (len(head) < size or head[size - 12 : size - 10] == head[2:4])
