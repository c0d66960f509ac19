"""What GNU's dump-acct and `acctship dump` print, side by side, of random records."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from acctship.records import LAYOUTS, RecordBatch
from tests import builders

COUNT = 10_000
"""Random records a file."""


class Both(NamedTuple):
    """What the two programs print."""

    gnu: bytes
    ours: bytes


Run = Callable[..., Both]
Tame = Callable[[str], Path]


def tame_records(count: int, name: str) -> RecordBatch:
    """Random records of a layout without anything in them that dump-acct misprints or miscopies."""
    layout = LAYOUTS[name]
    rng, letters = np.random.default_rng(7), random.Random(name)
    rows = np.zeros(count, layout.dtype)
    elapsed = rng.integers(0, 8192, count)  # one way to write each in every layout
    rows["version"] = layout.version_byte
    rows["flag"] = rng.integers(0, 32, count)
    rows["tty"] = np.where(rng.random(count) < 0.5, 0, 0x8800 + rng.integers(0, 2048, count))
    rows["exitcode"] = rng.integers(0, 256, count) << 8
    rows["etime"] = elapsed
    rows["btime"] = rng.integers(2 * 365 * 86400, 2**32, count)
    rows["uid"], rows["gid"] = rng.integers(0, 65_536, (2, count))
    for field in ("utime", "stime", "mem", "io", "rw", "minflt", "majflt", "swaps"):
        rows[field] = [builders.any_comp(letters) for _ in range(count)]
    names = [bytes(letters.choices(b"abc XYZ-0123(%s)\xc3\xa9"[:16], k=letters.randrange(16))) for _ in range(count)]
    rows["comm"] = names
    if "pid" in layout.fields:
        rows["pid"], rows["ppid"] = rng.integers(0, 2**31, (2, count))
    if "ahz" in layout.fields:
        rows["ahz"] = 100
    if "etime_lo" in layout.fields:
        rows["etime_lo"] = elapsed
    if layout.version in (1, 2):
        rows["uid16"], rows["gid16"] = rows["uid"], rows["gid"]
    return RecordBatch(layout, rows, np.arange(count, dtype=np.int64) * layout.size)
