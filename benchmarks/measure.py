"""Measure what a program costs: CPU time, time on the clock, and peak memory, on one core.

The kernel counts a parent's memory at the fork as its child's, so whoever measures stays small: no numpy in here.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.programs import UnavailableError, gnu_acct_folder

Command = list[str | Path]
ROUNDS = 3
ACCTSHIP = Path(sysconfig.get_path("scripts"), "acctship")


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


def gnu(program: str) -> Path:
    """One of GNU acct's programs.

    Raises:
        SystemExit: it cannot be had here.
    """
    try:
        return gnu_acct_folder().parent / ("bin" if program == "lastcomm" else "sbin") / program
    except UnavailableError as error:
        sys.exit(str(error))


def make_records(kind: str, count: int, path: Path) -> None:
    """Write an accounting file: see `records.py`, which runs apart, for its size."""
    subprocess.run([sys.executable, Path(__file__).with_name("records.py"), kind, str(count), path], check=True)


def begin() -> None:
    """Go to one core, and print the head of the table."""
    print(f"{machine()}; on core {stay_on_one_core()} alone; median of {ROUNDS} rounds\n")
    print(f"{'input':14} {'records':>10}  {'program':30} {'records/s':>11} {'CPU s':>7} {'peak MB':>8}   ratio")


def compare(what: str, count: int, programs: Mapping[str, Sequence[str | Path]], *, rounds: int = ROUNDS) -> None:
    """Run programs in turn, and print a line for each; the first is the peer to whom the others are compared.

    The ratio is that of CPU times within a round.
    """
    costs = [[cost(command) for command in programs.values()] for _ in range(rounds)]
    peer = [row[0] for row in costs]
    for name, column in zip(programs, zip(*costs, strict=True), strict=True):
        one = median(column)
        ratios = sorted(theirs.cpu_seconds / ours.cpu_seconds for theirs, ours in zip(peer, column, strict=True))
        spread = f"   {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        figures = f"{count / one.cpu_seconds:>11,.0f} {one.cpu_seconds:>7.2f} {one.peak_mb:>8.1f}"
        print(f"{what:14} {count:>10,}  {name:30} {figures}{'' if column[0] is peer[0] else spread}", flush=True)
