"""`acctship decode` to the full ECS JSON beside GNU's `dump-acct`: CPU time and peak memory, in one run on one core.

    python benchmarks/decode.py [RECORDS]

Both programs read the same file (1,000,000 records are 64 MB, in the page cache) and write to /dev/null, in turn, three
times. CPU time is user and system time of the whole program, its start included, as wait4(2) tells; the ratio is that
within a round. `records.py` describes the inputs: resampled real records, which the aim is set for; 5,000 kinds of
records; and, a tenth as long, no two alike, the worst case. Then `acctship --help`, on the clock.

Aims: 1.5 times the rate of dump-acct on real records, below 64 MB; `--help` in less than 0.15 s.
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
        dump_acct = gnu_acct_folder() / "dump-acct"
    except UnavailableError as error:
        sys.exit(str(error))
    print(f"{machine()}; on core {stay_on_one_core()} alone; median of {ROUNDS} rounds\n")
    print(f"{'input':8} {'records':>9}  {'program':24} {'events/s':>10} {'CPU s':>8} {'peak MB':>8}   ratio")
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "acctship.toml")
        config.touch()  # this machine's own must not count
        for kind, records in (("real", count), ("mixed", count), ("varied", count // 10)):
            path = Path(folder, kind)
            maker = Path(__file__).with_name("records.py")
            subprocess.run([sys.executable, maker, kind, str(records), path], check=True)
            compare(kind, records, [dump_acct, path], [ACCTSHIP, "decode", "--config", config, "--file", path])
            path.unlink()
    helps = sorted(cost([ACCTSHIP, "--help"]).wall_seconds for _ in range(20))
    print(f"\nacctship --help: {statistics.median(helps):.3f} s (of 20: {helps[0]:.3f} to {helps[-1]:.3f})")


def compare(kind: str, count: int, peer: list[str | Path], ours: list[str | Path]) -> None:
    """Run both in turn, and print a line for each."""
    rounds = [(cost(peer), cost(ours)) for _ in range(ROUNDS)]
    ratios = sorted(theirs.cpu_seconds / our.cpu_seconds for theirs, our in rounds)
    spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    print(line(kind, "dump-acct", count, median([theirs for theirs, _ in rounds])))
    print(line(kind, "acctship decode (JSON)", count, median([our for _, our in rounds])) + f"   {spread}")


def line(kind: str, program: str, count: int, one: Cost) -> str:
    """A line of the table."""
    rate = count / one.cpu_seconds
    return f"{kind:8} {count:>9,}  {program:24} {rate:>10,.0f} {one.cpu_seconds:>8.2f} {one.peak_mb:>8.1f}"


if __name__ == "__main__":
    main()
