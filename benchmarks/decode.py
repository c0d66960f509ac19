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
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measure import ACCTSHIP, Command, begin, compare, cost, gnu, make_records


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    begin()
    with tempfile.TemporaryDirectory() as folder:
        config, path = Path(folder, "acctship.toml"), Path(folder, "pacct")
        config.touch()  # this machine's own must not count
        for kind, records in (("real", count), ("mixed", count), ("varied", count // 10)):
            make_records(kind, records, path)
            ours: Command = [ACCTSHIP, "decode", "--config", config, "--file", path]
            compare(kind, records, {"dump-acct": [gnu("dump-acct"), path], "acctship decode (JSON)": ours})
    helps = sorted(cost([ACCTSHIP, "--help"]).wall_seconds for _ in range(20))
    print(f"\nacctship --help: {statistics.median(helps):.3f} s (of 20: {helps[0]:.3f} to {helps[-1]:.3f})")


if __name__ == "__main__":
    main()
