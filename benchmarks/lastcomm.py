"""`acctship lastcomm` beside GNU's `lastcomm`: CPU time and peak memory, in one run on one core.

    python benchmarks/lastcomm.py [RECORDS]

Both programs read the same file of resampled real records (`records.py`; 1,000,000 are 64 MB, in the page cache) and
write to /dev/null, in turn, three times: all records; ten times as many; and of those the 1 % of one command. CPU time
is user and system time of the whole program, its start included; the ratio is that within a round.

Without TZ, as most systems run it, GNU's lastcomm asks for the time zone's file again for every row; so all is measured
with TZ set, too, which spares it that.

Aims, without TZ: 4 times GNU's rate for all of 1,000,000, 5 times for one command of 10,000,000; below 64 MB.
"""

from __future__ import annotations

import os
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
COMMAND = "sort"


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    try:
        gnu = gnu_acct_folder() / "../bin/lastcomm"
    except UnavailableError as error:
        sys.exit(str(error))
    print(f"{machine()}; on core {stay_on_one_core()} alone; median of {ROUNDS} rounds\n")
    print(f"{'rows':6} {'TZ':6} {'records':>10}  {'program':20} {'records/s':>12} {'CPU s':>8} {'peak MB':>8}   ratio")
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small"), Path(folder, "large")
        maker = Path(__file__).with_name("records.py")
        for path, records in ((small, count), (large, 10 * count)):
            subprocess.run([sys.executable, maker, "real", str(records), path], check=True)
        for zone in (None, "UTC"):
            os.environ.pop("TZ", None)
            if zone:
                os.environ["TZ"] = zone
            for rows, path, records, words in (
                ("all", small, count, []),
                ("all", large, 10 * count, []),
                ("1 %", large, 10 * count, ["--command", COMMAND]),
            ):
                arguments: list[str | Path] = ["-f", path, *words]
                compare(f"{rows:6} {zone or '-':6}", records, [gnu, *arguments], [ACCTSHIP, "lastcomm", *arguments])


def compare(what: str, count: int, peer: list[str | Path], ours: list[str | Path]) -> None:
    """Run both in turn, and print a line for each."""
    rounds = [(cost(peer), cost(ours)) for _ in range(ROUNDS)]
    ratios = sorted(theirs.cpu_seconds / our.cpu_seconds for theirs, our in rounds)
    spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    print(line(what, "GNU lastcomm", count, median([theirs for theirs, _ in rounds])))
    print(line(what, "acctship lastcomm", count, median([our for _, our in rounds])) + f"   {spread}")


def line(what: str, program: str, count: int, one: Cost) -> str:
    """A line of the table."""
    rate = count / one.cpu_seconds
    return f"{what} {count:>10,}  {program:20} {rate:>12,.0f} {one.cpu_seconds:>8.2f} {one.peak_mb:>8.1f}"


if __name__ == "__main__":
    main()
