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
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measure import ACCTSHIP, Command, begin, compare, gnu, make_records

COMMAND = "sort"


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    begin()
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small"), Path(folder, "large")
        make_records("real", count, small)
        make_records("real", 10 * count, large)
        for zone in (None, "UTC"):
            os.environ.pop("TZ", None)
            if zone:
                os.environ["TZ"] = zone
            for rows, path, records, words in (
                ("all", small, count, []),
                ("all", large, 10 * count, []),
                ("1 %", large, 10 * count, ["--command", COMMAND]),
            ):
                arguments: Command = ["-f", path, *words]
                programs: dict[str, Command] = {
                    "lastcomm": [gnu("lastcomm"), *arguments],
                    "acctship lastcomm": [ACCTSHIP, "lastcomm", *arguments],
                }
                compare(f"{rows}, TZ={zone}" if zone else rows, records, programs)


if __name__ == "__main__":
    main()
