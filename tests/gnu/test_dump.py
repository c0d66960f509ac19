"""`acctship dump` prints and copies what GNU's dump-acct does; `test_dump_differs.py` shows where it does not."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from acctship.records import LAYOUTS, Reader
from tests import builders
from tests.gnu.dumps import COUNT, Run, Tame
from tests.kernel.accounting import record, shell
from tests.paths import PACCT

ROW = re.compile(rb".{16}\|v\d\|(?:[^|\n]*\|){12}[^|\n]*\n", re.DOTALL)

SHOWN = [
    "", "-r", "-n 1", "--num 9999", "-n 12345", "-r -n 4000", "--ahz 64", "--format 3",
    "--format 1 --byteswap --reverse",
]  # fmt: skip


def as_ours(rows: bytes, path: Path) -> bytes:
    """GNU's rows with the columns in which ours say more: the name, and the exit code of a signal."""
    with Reader(path) as reader:
        pairs = [pair for batch in reader for pair in zip(batch.comms(), batch.wait_statuses().tolist(), strict=True)]
    lines = ROW.findall(rows)
    assert b"".join(lines) == rows
    return b"".join(_as_our_row(line, *pair) for line, pair in zip(lines, pairs, strict=True))


def _as_our_row(line: bytes, comm: bytes, status: int) -> bytes:
    name = comm.partition(b"\0")[0].decode("utf-8", "surrogateescape")
    if not name.isprintable() or "\\" in name or "|" in name:
        text = "".join(
            char if char.isprintable() and char not in "\\|" else "\\\\" if char == "\\" else _bytes(char)
            for char in name
        )
        line = text.encode().ljust(16) + line[16:]
    if status & 0x7F:
        fields = line.rsplit(b"|", 3)
        assert fields[1] == b"       0"  # here GNU loses the signal
        fields[1] = b"%8d" % (128 + (status & 0x7F))
        line = b"|".join(fields)
    return line


def _bytes(char: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))


@pytest.mark.parametrize("options", SHOWN)
def test_rows_of_ten_thousand_random_records_are_the_same(run: Run, tame: Tame, options: str) -> None:
    both = run(*options.split(), tame("linux-v3-le"))
    assert both.gnu.count(b"\n") in (1, 4000, 9999, COUNT)
    assert both.ours == both.gnu


@pytest.mark.parametrize("name", ["linux-v3-be", "linux-v2-le", "linux-v2-be", "linux-v0-le"])
def test_rows_of_other_layouts_are_the_same(run: Run, tame: Tame, name: str) -> None:
    for options in ([], ["--reverse", "--num", "77"]):
        both = run(*options, tame(name))
        assert both.ours == both.gnu


@pytest.mark.parametrize("zone", ["<+0545>-5:45", "NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01"])
def test_rows_are_the_same_in_other_zones(run: Run, tame: Tame, zone: str) -> None:
    both = run(tame("linux-v3-le"), zone=zone)
    assert both.ours == both.gnu != run(tame("linux-v3-le")).gnu


def test_rows_of_several_files_are_the_same(run: Run, tame: Tame, tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.write_bytes(builders.record(comm=b"one") + builders.record(comm=b"two"))
    for options in ([], ["-r"], ["-n", str(COUNT + 1)], ["-r", "-n", str(COUNT + 1)]):
        both = run(*options, tame("linux-v3-le"), second)
        assert both.ours == both.gnu


def test_rows_of_the_records_that_come_with_the_project_are_the_same(run: Run) -> None:
    both = run(PACCT)
    assert both.ours == as_ours(both.gnu, PACCT)


def test_rows_of_fresh_records_of_this_kernel_are_the_same(run: Run, tmp_path: Path) -> None:
    path = record(tmp_path, shell("ls / | sort; (exit 7); head -c 9000000 /dev/zero | sha256sum; kill -TERM $$")).path
    both = run(path)
    assert both.gnu.count(b"\n") >= 6
    assert both.ours == as_ours(both.gnu, path)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        *(("linux-v3-le", options) for options in ("", "--byteswap", "-r", "-n 5", "--ahz 1000")),
        ("linux-v3-be", ""),
        ("linux-v3-be", "--byteswap"),
        ("linux-v2-le", "-r --byteswap"),
        ("linux-v2-be", "--ahz 1000"),
    ],
)
@pytest.mark.parametrize("version", ["", "--format 1", "--format 2", "--format 3"])
def test_copied_bytes_are_the_same(run: Run, tame: Tame, name: str, options: str, version: str) -> None:
    both = run("--raw", *options.split(), *version.split(), tame(name))
    if options == "--ahz 1000" and ("2" in version or ("v2" in name and not version)):
        rows = np.frombuffer(bytearray(both.gnu), LAYOUTS["linux-v2-le"].dtype)
        assert (rows["ahz"] == 100).all()  # though the times are in 1000
        rows["ahz"] = 1000
        assert both.ours == rows.tobytes()
    else:
        assert both.ours == both.gnu
