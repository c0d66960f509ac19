"""Every field agrees with GNU's dump-acct, but for what dump-acct gets wrong.

`dump-acct FILE` prints a row of text for a record, with times in ticks of 1/100 s and memory in KiB; `--raw` copies the
record's bytes instead. An event is written here as the row that GNU would print, so that any difference shows.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from acctship.events.escape import unescape
from acctship.events.identity import Machine
from acctship.events.names import Names, no_name
from acctship.events.normalize import Normalizer
from acctship.events.source import Source
from acctship.records import Reader
from tests import builders
from tests.kernel.accounting import record, shell
from tests.paths import PACCT
from tests.schema import assert_valid_event

TICK = 10_000_000  # ns
FLAGS = {"su": "S", "fork": "F", "compat": "C", "core": "D", "signal": "X"}

# The name may hold line breaks, but it takes exactly 16 bytes; acctship has no field for the eighth column, I/O.
ROW = re.compile(rb"(.{16})\|v3\|((?:[^|\n]*\|){6})[^|\n]*\|((?:[^|\n]*\|){4}[^|\n]*\|[^|\n]*)\n", re.DOTALL)

Dump = Callable[..., bytes]
Row = tuple[bytes, ...]


@pytest.fixture
def dump(gnu_acct: Path) -> Dump:
    """Run dump-acct."""

    def run(path: Path, *options: str) -> bytes:
        environment = {**os.environ, "TZ": "UTC", "LC_ALL": "C"}
        return subprocess.run(
            [gnu_acct / "dump-acct", *options, path], env=environment, capture_output=True, check=True
        ).stdout

    return run


def gnu_rows(output: bytes) -> list[Row]:
    """Rows as GNU prints them, the name with its padding, the others without."""
    rows = []
    at = 0
    while at < len(output):
        match = ROW.match(output, at)
        assert match, output[at : at + 200]
        rows.append((match[1], *map(bytes.strip, (match[2] + match[3]).split(b"|"))))
        at = match.end()
    return rows


def our_rows(path: Path) -> list[Row]:
    """The same, of our events."""
    return list(map(as_gnu_row, our_events(path)))


def our_events(path: Path) -> Iterable[dict[str, Any]]:
    normalizer = Normalizer(Source(id="test", machine=Machine()), Names(no_name, no_name))
    with Reader(path) as reader:
        for at, line in enumerate(line for records in reader for line in normalizer.events(records).json()):
            if at % 20 == 0:  # the whole schema takes a millisecond
                assert_valid_event(line)
            yield json.loads(line)


def as_gnu_row(event: dict[str, Any]) -> Row:
    process, acct = event["process"], event["acct"]
    elapsed = event["event"]["duration"] // TICK
    begin = int(datetime.fromisoformat(event["@timestamp"]).timestamp()) - elapsed // 100  # as the kernel wrote it
    flags = acct.get("flags", ())
    letters = "".join(letter if name in flags else " " for name, letter in FLAGS.items())
    texts = (
        f"{acct['cpu']['user'] / TICK:.2f}",
        f"{acct['cpu']['system'] / TICK:.2f}",
        f"{elapsed:.2f}",
        event["user"]["id"],
        event["group"]["id"],
        f"{acct['memory'] / 1024:.2f}",
        str(process["pid"]),
        str(process["parent"]["pid"]),
        letters.strip(),
        str(process.get("exit_code", 0)),  # GNU shows a signal as exit code 0
        acct.get("tty", "__"),
        time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(begin)),
    )
    return unescape(process["name"]).ljust(16), *(text.encode() for text in texts)


def plausible_records(count: int, order: builders.Order) -> bytes:
    """Records with anything in them that a kernel can write, and that GNU does not misprint."""
    rng = random.Random(f"dump-acct{order}")

    def word() -> int:
        return rng.choice((0, 1000, 65534, rng.randrange(2**32 - 1)))

    return b"".join(
        builders.record(
            order=order,
            flag=rng.randrange(32),
            tty=rng.choice((0, 0x8800 + rng.randrange(2048))),
            status=rng.choice((0, rng.randrange(256) << 8, rng.randrange(1, 65), 0x80 | rng.randrange(1, 32))),
            uid=word(),
            gid=word(),
            pid=rng.randrange(1, 2**22 + 1),
            ppid=rng.randrange(2**22 + 1),
            btime=rng.randrange(2**32),
            etime=float(int(rng.paretovariate(0.3)) % 2**24),
            utime=builders.any_comp(rng),
            stime=builders.any_comp(rng),
            mem=builders.any_comp(rng),
            io=builders.any_comp(rng),
            minflt=builders.any_comp(rng),
            majflt=builders.any_comp(rng),
            comm=bytes(rng.choices(range(1, 256), k=rng.randrange(16))),
        )
        for _ in range(count)
    )


def test_the_records_that_come_with_the_project_agree(dump: Dump) -> None:
    rows = gnu_rows(dump(PACCT))

    assert len(rows) >= 60
    assert our_rows(PACCT) == rows


def test_fresh_records_of_this_kernel_agree(dump: Dump, tmp_path: Path) -> None:
    script = "ls / | sort; (exit 7); sleep 0.02; head -c 9000000 /dev/zero | sha256sum; kill -TERM $$"
    path = record(tmp_path, shell(script), uid=65534, gid=65533).path

    assert our_rows(path) == gnu_rows(dump(path))


@pytest.mark.parametrize("order", builders.ORDERS)
def test_ten_thousand_random_records_agree(dump: Dump, tmp_path: Path, order: builders.Order) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(plausible_records(10_000, order))
    rows = gnu_rows(dump(path, *(["--byteswap"] if order == ">" else [])))

    assert len(rows) == 10_000
    assert our_rows(path) == rows


def test_the_bytes_of_each_record_are_those_of_dump_acct_raw(dump: Dump) -> None:
    with Reader(PACCT) as reader:
        ours = b"".join(records.record(at) for records in reader for at in range(len(records)))

    assert ours == dump(PACCT, "--raw")


def test_page_faults_agree_with_lastcomm(gnu_acct: Path, tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(b"".join(builders.random_records(1000)))
    done = subprocess.run(
        [gnu_acct / "../bin/lastcomm", "--show-paging", "--forwards", "--file", path], capture_output=True, check=True
    )
    rows = re.findall(rb" (\d+)min +(\d+)maj ", done.stdout)
    faults = [event["acct"]["faults"] for event in our_events(path)]

    assert [(int(minor), int(major)) for minor, major in rows] == [(one["minor"], one["major"]) for one in faults]


def test_a_signal_is_kept_where_gnu_shows_success(dump: Dump, tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(builders.record(status=9, flag=0x10))
    (event,) = our_events(path)

    assert gnu_rows(dump(path))[0][10] == b"0"
    assert "exit_code" not in event["process"]
    assert event["event"]["outcome"] == "failure"
    assert event["acct"]["signal"] == {"number": 9, "name": "SIGKILL"}


def test_a_name_that_would_forge_a_row_is_escaped_where_gnu_prints_it(dump: Dump, tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(builders.record(comm=b"x\nroot|v3\x1b[2J"))
    (event,) = our_events(path)

    assert len(dump(path).splitlines()) == 2
    assert event["process"]["name"] == r"x\x0aroot|v3\x1b[2J"
