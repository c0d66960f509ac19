"""`acctship dump` beside GNU's `dump-acct`: CPU time and peak memory, in one run on one core.

    python benchmarks/dump.py [RECORDS]

Both programs print the same rows of the same file (1,000,000 records are 64 MB, in the page cache) to /dev/null, in
turn, three times; then, once, of ten times as many records, which must not take more memory. `decode.py` says how CPU
time is counted, `records.py` what the inputs are. The C library looks at /etc/localtime for each row of dump-acct,
unless TZ is set: both are measured. At last both copy the records into another layout.

Aims: twice the rate of dump-acct as it is run, without TZ; below 64 MB.
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
CONVERT = ("--raw", "--format", "2", "--byteswap")


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    try:
        dump_acct = gnu_acct_folder() / "dump-acct"
    except UnavailableError as error:
        sys.exit(str(error))
    print(f"{machine()}; on core {stay_on_one_core()} alone; median of {ROUNDS} rounds, but one of the longest\n")
    print(f"{'input':8} {'records':>10}  {'program':22} {'records/s':>10} {'CPU s':>8} {'peak MB':>8}   ratio")
    with tempfile.TemporaryDirectory() as folder:
        config, path = Path(folder, "acctship.toml"), Path(folder, "pacct")
        config.touch()  # this machine's own must not count
        ours: list[str | Path] = [ACCTSHIP, "dump", "--config", config, path]
        for kind, records, rounds in (
            ("real", count, ROUNDS),
            ("mixed", count, ROUNDS),
            ("varied", count, ROUNDS),
            ("real", 10 * count, 1),
        ):
            maker = Path(__file__).with_name("records.py")
            subprocess.run([sys.executable, maker, kind, str(records), path], check=True)
            os.environ.pop("TZ", None)
            compare(kind, records, [dump_acct, path], ours, rounds=rounds)
            if kind == "real" and rounds > 1:
                compare(kind, records, [dump_acct, *CONVERT, path], [*ours, *CONVERT], rounds=rounds, mode=" --raw")
                os.environ["TZ"] = "UTC"
                compare(kind, records, [dump_acct, path], ours, rounds=rounds, mode=" (TZ=UTC)")


def compare(
    kind: str, count: int, peer: list[str | Path], ours: list[str | Path], *, rounds: int, mode: str = ""
) -> None:
    """Run both in turn, and print a line for each."""
    costs = [(cost(peer), cost(ours)) for _ in range(rounds)]
    ratios = sorted(theirs.cpu_seconds / our.cpu_seconds for theirs, our in costs)
    spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    print(line(kind, f"dump-acct{mode}", count, median([theirs for theirs, _ in costs])))
    print(line(kind, f"acctship dump{mode}", count, median([our for _, our in costs])) + f"   {spread}", flush=True)


def line(kind: str, program: str, count: int, one: Cost) -> str:
    """A line of the table."""
    rate = count / one.cpu_seconds
    return f"{kind:8} {count:>10,}  {program:22} {rate:>10,.0f} {one.cpu_seconds:>8.2f} {one.peak_mb:>8.1f}"


if __name__ == "__main__":
    main()
