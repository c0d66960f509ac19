"""Write accounting files for benchmarks, the same bytes at each call.

    python benchmarks/records.py real|mixed|varied COUNT FILE

real:   the kernel's own records of examples/pacct, drawn at random, with process ids counted up and 50 exits a second,
        so that an hour holds 180,000. They are as much alike as those of a machine at its daily work.
mixed:  real in its numbers and times, but with 5,000 combinations of command, user, terminal and ending, each as likely
        as any other.
varied: every field random and independent of the others, so that hardly two records share a command, user, terminal
        and ending: the worst case for whatever remembers what it has seen.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from acctship.records.layout import LAYOUTS

LINUX_V3_LE = LAYOUTS["linux-v3-le"]
EXAMPLE = Path(__file__).parents[1] / "examples/pacct"
EXITS_A_SECOND = 50
BEGIN = 1_760_000_000
PIDS = 2**22
KINDS = 5000

Rows = npt.NDArray[np.void]


def real(count: int, rng: np.random.Generator) -> Rows:
    """Real records, drawn at random."""
    rows: Rows = rng.choice(np.fromfile(EXAMPLE, LINUX_V3_LE.dtype), count)
    at = np.arange(count)
    rows["pid"] = 300 + at % (PIDS - 300)
    rows["ppid"] = np.maximum(rows["pid"].astype(np.int64) - rng.integers(1, 300, count), 1)
    rows["btime"] = BEGIN + at // EXITS_A_SECOND - (rows["etime"] // 100).astype(np.int64)
    return rows


def mixed(count: int, rng: np.random.Generator) -> Rows:
    """Real records, in 5,000 kinds."""
    rows = real(count, rng)
    kinds = varied(KINDS, rng)[rng.integers(0, KINDS, count)]
    for field in ("comm", "uid", "gid", "tty", "exitcode", "flag"):
        rows[field] = kinds[field]
    return rows


def varied(count: int, rng: np.random.Generator) -> Rows:
    """Random in every field."""
    rows: Rows = np.zeros(count, LINUX_V3_LE.dtype)
    letters = rng.integers(ord("a"), ord("z") + 1, (4000, 15), np.uint8)
    names = np.ascontiguousarray(letters).view("S15")[:, 0]
    codes, signals = rng.integers(0, 256, count) << 8, rng.integers(1, 32, count)
    rows["version"] = 3
    rows["flag"] = rng.integers(0, 32, count)
    rows["tty"] = np.where(rng.random(count) < 0.5, 0, 0x8800 + rng.integers(0, 100, count))
    rows["exitcode"] = np.where(rng.random(count) < 0.9, codes, signals)
    rows["uid"], rows["gid"] = rng.integers(0, 1000, (2, count))
    rows["pid"], rows["ppid"] = rng.integers(1, PIDS, (2, count))
    rows["btime"] = BEGIN + rng.integers(0, 86_400, count)
    rows["etime"] = rng.integers(0, 100_000, count)
    for field in ("utime", "stime", "mem", "minflt", "majflt"):
        rows[field] = rng.integers(0, 2**16, count)
    rows["comm"] = rng.choice(names, count)
    return rows


def main() -> None:
    """Write one file."""
    kind, count, path = sys.argv[1:]
    make = {"real": real, "mixed": mixed, "varied": varied}[kind]
    make(int(count), np.random.default_rng(20260101)).tofile(path)


if __name__ == "__main__":
    main()
