"""What the benchmarks of outputs share: their command line, receivers of ours, and one table.

A row is the median of some rounds, in each of which all programs run in turn, but its memory is the highest peak. The
ratios to the peer are those within a round.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measure import ROUNDS, machine

_WIDTH = 52


class Sent(NamedTuple):
    """What one run of a sender came to: events a second, and of the sender CPU time an event and peak memory."""

    rate: float
    cpu_us: float
    peak_mb: float


def begin(description: str | None) -> int:
    """Read the command line, and print what is measured on; gives the number of rounds.

    Args:
        description: docstring of the benchmark.
    """
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one round")
    rounds = 1 if parser.parse_args().quick else ROUNDS
    print(f"{machine()}; load {os.getloadavg()[0]:.1f} before; median of {rounds} rounds\n", flush=True)
    return rounds


def end() -> None:
    """Print what else the machine had to do."""
    print(f"load {os.getloadavg()[0]:.1f} behind")


def compare(title: str, programs: Mapping[str, Callable[[], Sent]], rounds: int, peer: str | None = None) -> None:
    """Run programs in turn, and print a table.

    Args:
        title: what they send to.
        programs: each by its name.
        rounds: how often.
        peer: name of the one to whom the others are compared.
    """
    beside = f"   rate and CPU beside {peer}" if peer else ""
    print(f"{title:{_WIDTH}} {'events/s':>10} {'CPU us/event':>13} {'peak MB':>8}{beside}", flush=True)
    runs = [{name: run() for name, run in programs.items()} for _ in range(rounds)]
    for name in programs:
        rate, cpu, _ = [statistics.median(figures) for figures in zip(*(row[name] for row in runs), strict=True)]
        peak = max(row[name].peak_mb for row in runs)
        ratios = _ratios([(row[name], row[peer]) for row in runs]) if peer and name != peer else ""
        print(f"{name:{_WIDTH}} {rate:>10,.0f} {cpu:>13.2f} {peak:>8.1f}{ratios}")
    print(flush=True)


def _ratios(pairs: Sequence[tuple[Sent, Sent]]) -> str:
    rates = sorted(ours.rate / theirs.rate for ours, theirs in pairs)
    cpu = statistics.median(theirs.cpu_us / ours.cpu_us for ours, theirs in pairs)
    return f"   {statistics.median(rates):.2f} ({rates[0]:.2f} to {rates[-1]:.2f}), {cpu:.2f}"


@contextmanager
def discarding(program: str, *arguments: str) -> Iterator[str]:
    """Run a receiver of this folder, which prints its address or URL when it can be sent to; gives that."""
    command = [sys.executable, str(Path(__file__).with_name(program)), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@contextmanager
def new_folder() -> Iterator[Path]:
    """A folder that is removed in the end, whatever a server that ends still writes into it."""
    name = tempfile.mkdtemp(prefix="acctship-bench-")
    try:
        yield Path(name)
    finally:
        shutil.rmtree(name, ignore_errors=True)
