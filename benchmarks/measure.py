"""Measure what a program costs: CPU time, time on the clock, and peak memory, on one core.

The kernel counts a parent's memory at the fork as its child's, so whoever measures stays small: no numpy in here.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """What one run of a program took: user and system time, time on the clock, peak resident memory."""

    cpu_seconds: float
    wall_seconds: float
    peak_mb: float


def stay_on_one_core() -> int:
    """Bind this process and its children to the last core it may use; the first serves most interrupts."""
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def cost(command: Sequence[str | Path]) -> Cost:
    """Run a program with its output to /dev/null.

    Raises:
        SystemExit: it failed.
    """
    began = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))}: ended with {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def median(costs: Sequence[Cost]) -> Cost:
    """Median of each figure, but the highest peak."""
    return Cost(
        statistics.median(one.cpu_seconds for one in costs),
        statistics.median(one.wall_seconds for one in costs),
        max(one.peak_mb for one in costs),
    )


def machine() -> str:
    """What the figures were measured on."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}"
