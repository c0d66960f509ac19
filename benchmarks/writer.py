"""Append records to an accounting file at a steady rate, as the kernel does: one write(2) for each.

    python benchmarks/writer.py RECORDS FILE RATE NOTES

RECORDS are a file of `records.py`, whose process ids count up. NOTES gets a line each millisecond or so:
CLOCK_MONOTONIC in nanoseconds before the first of some records was written, and the process id of the last of them.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.records import LINUX_V3_LE

_PAUSE = 0.001


def main() -> None:
    """Write all."""
    records, path, rate, notes = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    rows = np.fromfile(records, LINUX_V3_LE.dtype)
    count, done, lines = len(rows), 0, []
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    began = time.monotonic()
    while done < count:
        due = min(count, int((time.monotonic() - began) * rate))
        if due > done:
            now = time.monotonic_ns()
            for at in range(done, due):
                os.write(descriptor, rows[at].tobytes())
            lines.append(f"{now} {rows['pid'][due - 1]}\n")
            done = due
        time.sleep(_PAUSE)
    notes.write_text("".join(lines))


if __name__ == "__main__":
    main()
