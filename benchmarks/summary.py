"""`acctship summary` beside GNU's `sa`: CPU time and peak memory, in one run on one core.

    python benchmarks/summary.py [RECORDS]

Both programs read the same file (1,000,000 records are 64 MB, in the page cache) and write to /dev/null, in turn, three
times; then a file ten times as long. CPU time is user and system time of the whole program, its start included, as
wait4(2) tells; the ratio is that within a round. `records.py` describes the inputs: resampled real records, of 31
commands; and random ones, of 8,000. `--by command` has percentiles of the duration, which sa lacks.

Aims: three times the rate of sa, below 64 MB whatever the length.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measure import Cost, cost, machine, median, stay_on_one_core
from tests.programs import UnavailableError, gnu_acct_folder

ROUNDS = 3
ACCTSHIP = Path(sysconfig.get_path("scripts"), "acctship")


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    try:
        sa = gnu_acct_folder() / "sa"
    except UnavailableError as error:
        sys.exit(str(error))
    print(f"{machine()}; on core {stay_on_one_core()} alone; median of {ROUNDS} rounds\n")
    print(f"{'input':8} {'records':>10}  {'program':29} {'records/s':>10} {'CPU s':>8} {'peak MB':>8}   ratio")
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "acctship.toml")
        config.touch()  # this machine's own must not count
        for kind, records in ((kind, count * times) for times in (1, 10) for kind in ("real", "varied")):
            path = Path(folder, kind)
            maker = Path(__file__).with_name("records.py")
            subprocess.run([sys.executable, maker, kind, str(records), path], check=True)
            ours: list[str | Path] = [ACCTSHIP, "summary", "--config", config, path]
            compare(kind, records, [sa, "--dont-read-summary-files", path], [ours, [*ours, "--by", "command"]])
            path.unlink()


def compare(kind: str, count: int, peer: list[str | Path], ours: list[list[str | Path]]) -> None:
    """Run all in turn, and print a line for each."""
    rounds = [(cost(peer), *map(cost, ours)) for _ in range(ROUNDS)]
    theirs, *columns = zip(*rounds, strict=True)
    print(line(kind, "sa", count, median(theirs)))
    for name, column in zip(("acctship summary", "acctship summary --by command"), columns, strict=True):
        ratios = sorted(their.cpu_seconds / our.cpu_seconds for their, our in zip(theirs, column, strict=True))
        spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        print(f"{line(kind, name, count, median(column))}   {spread}")


def line(kind: str, program: str, count: int, one: Cost) -> str:
    """A line of the table."""
    rate = count / one.cpu_seconds
    return f"{kind:8} {count:>10,}  {program:29} {rate:>10,.0f} {one.cpu_seconds:>8.2f} {one.peak_mb:>8.1f}"


if __name__ == "__main__":
    main()
