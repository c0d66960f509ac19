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
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measure import ACCTSHIP, ROUNDS, Command, begin, compare, gnu, make_records

CONVERT = ("--raw", "--format", "2", "--byteswap")


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    begin()
    with tempfile.TemporaryDirectory() as folder:
        config, path = Path(folder, "acctship.toml"), Path(folder, "pacct")
        config.touch()  # this machine's own must not count
        theirs: Command = [gnu("dump-acct"), path]
        ours: Command = [ACCTSHIP, "dump", "--config", config, path]
        programs: dict[str, Command] = {"dump-acct": theirs, "acctship dump": ours}
        copies: dict[str, Command] = {"dump-acct --raw": [*theirs, *CONVERT], "acctship dump --raw": [*ours, *CONVERT]}
        os.environ.pop("TZ", None)
        for kind, records, rounds in (("mixed", count, ROUNDS), ("varied", count, ROUNDS), ("real", 10 * count, 1)):
            make_records(kind, records, path)
            compare(kind, records, programs, rounds=rounds)
        make_records("real", count, path)
        compare("real", count, programs)
        compare("real", count, copies)
        os.environ["TZ"] = "UTC"
        compare("real, TZ=UTC", count, programs)


if __name__ == "__main__":
    main()
