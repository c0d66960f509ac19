"""`acctship summary` beside GNU's `sa`: CPU time and peak memory, in one run on one core.

    python benchmarks/summary.py [RECORDS]

Both programs read the same file (1,000,000 records are 64 MB, in the page cache) and write to /dev/null, in turn, three
times; then a file ten times as long. CPU time is user and system time of the whole program, its start included, as
wait4(2) tells; the ratio is that within a round. `records.py` describes the inputs: resampled real records, of 31
commands; and random ones, of 8,000. `--by command` has percentiles of the duration, which sa lacks.

Aims: three times the rate of sa, below 64 MB whatever the length.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measure import ACCTSHIP, Command, begin, compare, gnu, make_records


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    begin()
    with tempfile.TemporaryDirectory() as folder:
        config, path = Path(folder, "acctship.toml"), Path(folder, "pacct")
        config.touch()  # this machine's own must not count
        ours: Command = [ACCTSHIP, "summary", "--config", config, path]
        programs: dict[str, Command] = {
            "sa": [gnu("sa"), "--dont-read-summary-files", path],
            "acctship summary": ours,
            "acctship summary --by command": [*ours, "--by", "command"],
        }
        for records in (count, 10 * count):
            for kind in ("real", "varied"):
                make_records(kind, records, path)
                compare(kind, records, programs)


if __name__ == "__main__":
    main()
