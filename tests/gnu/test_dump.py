"""`acctship dump` prints and copies what GNU's dump-acct does, but for what dump-acct gets wrong.

Where the two differ on purpose, a test shows what each gives.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from acctship.records import LAYOUTS, Reader, RecordBatch
from acctship.reports.convert import convert
from acctship.reports.dump import dump_rows
from tests import builders
from tests.cli.command import acctship
from tests.kernel.accounting import record, shell
from tests.reports.zone import zone

EXAMPLE = Path(__file__).parents[2] / "examples/pacct"
COUNT = 10_000
ROW = re.compile(rb".{16}\|v\d\|(?:[^|\n]*\|){12}[^|\n]*\n", re.DOTALL)

SHOWN = [
    "", "-r", "-n 1", "--num 9999", "-n 12345", "-r -n 4000", "--ahz 64", "--format 3",
    "--format 1 --byteswap --reverse",
]  # fmt: skip


class Both(NamedTuple):
    """What the two programs print."""

    gnu: bytes
    ours: bytes


Run = Callable[..., Both]


@pytest.fixture
def run(gnu_acct: Path) -> Run:
    """Run both with the same arguments."""

    def run(*arguments: str | Path, zone: str = "UTC") -> Both:
        environment = {**os.environ, "TZ": zone, "LC_ALL": "C"}
        gnu = subprocess.run([gnu_acct / "dump-acct", *arguments], env=environment, capture_output=True, check=True)
        ours = acctship("dump", *arguments, environment={"TZ": zone})
        assert (ours.code, ours.err) == (0, "")
        return Both(gnu.stdout, ours.out)

    return run


def tame_records(count: int, name: str) -> RecordBatch:
    """Random records of a layout without anything in them that dump-acct misprints or miscopies."""
    layout = LAYOUTS[name]
    rng, letters = np.random.default_rng(7), random.Random(name)
    rows = np.zeros(count, layout.dtype)
    elapsed = rng.integers(0, 8192, count)  # one way to write each in every layout
    rows["version"] = layout.version_byte
    rows["flag"] = rng.integers(0, 32, count)
    rows["tty"] = np.where(rng.random(count) < 0.5, 0, 0x8800 + rng.integers(0, 2048, count))
    rows["exitcode"] = rng.integers(0, 256, count) << 8
    rows["etime"] = elapsed
    rows["btime"] = rng.integers(2 * 365 * 86400, 2**32, count)
    rows["uid"], rows["gid"] = rng.integers(0, 65_536, (2, count))
    for field in ("utime", "stime", "mem", "io", "rw", "minflt", "majflt", "swaps"):
        rows[field] = [builders.comp_t(int(letters.paretovariate(0.2)) - 1) for _ in range(count)]
    names = [bytes(letters.choices(b"abc XYZ-0123(%s)\xc3\xa9"[:16], k=letters.randrange(16))) for _ in range(count)]
    rows["comm"] = names
    if "pid" in layout.fields:
        rows["pid"], rows["ppid"] = rng.integers(0, 2**31, (2, count))
    if "ahz" in layout.fields:
        rows["ahz"] = 100
    if "etime_lo" in layout.fields:
        rows["etime_lo"] = elapsed
    if layout.version in (1, 2):
        words = rows.view(layout.dtype["tty"]).reshape(count, -1)
        words[:, 1], words[:, 2] = rows["uid"], rows["gid"]
    return RecordBatch(layout, rows, np.arange(count, dtype=np.int64) * layout.size)


@pytest.fixture(scope="session")
def tame(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A file of random records of a layout."""
    folder = tmp_path_factory.mktemp("tame")

    def tame(name: str) -> Path:
        path = folder / name
        if not path.exists():
            path.write_bytes(tame_records(COUNT, name).rows.tobytes())
        return path

    return tame


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
def test_rows_of_ten_thousand_random_records_are_the_same(run: Run, tame: Callable[[str], Path], options: str) -> None:
    both = run(*options.split(), tame("linux-v3-le"))
    assert both.gnu.count(b"\n") in (1, 4000, 9999, COUNT)
    assert both.ours == both.gnu


@pytest.mark.parametrize("name", ["linux-v3-be", "linux-v2-le", "linux-v2-be", "linux-v0-le"])
def test_rows_of_other_layouts_are_the_same(run: Run, tame: Callable[[str], Path], name: str) -> None:
    for options in ([], ["--reverse", "--num", "77"]):
        both = run(*options, tame(name))
        assert both.ours == both.gnu


@pytest.mark.parametrize("zone", ["<+0545>-5:45", "NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01"])
def test_rows_are_the_same_in_other_zones(run: Run, tame: Callable[[str], Path], zone: str) -> None:
    both = run(tame("linux-v3-le"), zone=zone)
    assert both.ours == both.gnu != run(tame("linux-v3-le")).gnu


def test_rows_of_several_files_are_the_same(run: Run, tame: Callable[[str], Path], tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.write_bytes(builders.record(comm=b"one") + builders.record(comm=b"two"))
    for options in ([], ["-r"], ["-n", str(COUNT + 1)], ["-r", "-n", str(COUNT + 1)]):
        both = run(*options, tame("linux-v3-le"), second)
        assert both.ours == both.gnu


def test_rows_of_the_records_that_come_with_the_project_are_the_same(run: Run) -> None:
    both = run(EXAMPLE)
    assert both.ours == as_ours(both.gnu, EXAMPLE)


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
def test_copied_bytes_are_the_same(
    run: Run, tame: Callable[[str], Path], name: str, options: str, version: str
) -> None:
    both = run("--raw", *options.split(), *version.split(), tame(name))
    if options == "--ahz 1000" and ("2" in version or ("v2" in name and not version)):
        rows = np.frombuffer(bytearray(both.gnu), LAYOUTS["linux-v2-le"].dtype)
        assert (rows["ahz"] == 100).all()  # though the times are in 1000
        rows["ahz"] = 1000
        assert both.ours == rows.tobytes()
    else:
        assert both.ours == both.gnu


@pytest.mark.parametrize("options", ["", "--ahz 64"])
def test_copies_in_v0_are_the_same_but_for_what_v0_has_not(run: Run, tame: Callable[[str], Path], options: str) -> None:
    """GNU writes v2's fields into the padding."""
    data = run("--raw", "--format", "0", *options.split(), tame("linux-v3-le"))
    gnu, ours = (np.frombuffer(one, np.uint8).reshape(COUNT, 64).copy() for one in data)
    assert gnu[:, 30:32].any()
    assert gnu[:, 53:].any()
    gnu[:, 30:32] = gnu[:, 53:] = 0
    if options:  # we round elapsed times down
        gnu[:, 16:18], ours[:, 16:18] = 0, 0
    assert (ours == gnu).all()


def test_v0_of_the_other_byte_order_has_no_mark(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(builders.record(comm=b"one", uid=7))
    both = run("--raw", "--format", "0", "--byteswap", path)
    (ours,) = np.frombuffer(both.ours, LAYOUTS["linux-v0-be"].dtype)
    assert (both.gnu[1], both.ours[1]) == (0x80, 0)
    assert (ours["uid"], ours["comm"]) == (7, b"one")


@pytest.mark.parametrize("name", ["linux-v0-be", "linux-v1-le", "linux-v1-be"])
def test_layouts_that_gnu_misreads_are_read_right(run: Run, tmp_path: Path, name: str) -> None:
    """GNU takes v0 for the order of this machine, and the 62 bytes of v1 for 64; its rows of v3 show what is right."""
    records = tame_records(50, name)
    path, as_v3 = tmp_path / "pacct", tmp_path / "v3"
    path.write_bytes(records.rows.tobytes())
    as_v3.write_bytes(convert(records, LAYOUTS["linux-v3-le"]))
    right = run(as_v3).gnu.replace(b"|v3|", f"|v{records.layout.version}|".encode())
    assert right.count(b"\n") == 50
    assert run(path).gnu != right
    with zone("UTC"):
        assert dump_rows(records) == right


def test_v2_keeps_its_ticks(run: Run, tmp_path: Path) -> None:
    """GNU turns them into those of 1/100 s, which loses some."""
    records = tame_records(100, "linux-v2-le")
    rows = records.rows
    rows["ahz"] = 1024
    path = tmp_path / "pacct"
    path.write_bytes(rows.tobytes())
    both = run("--raw", path)
    assert both.ours == path.read_bytes() != both.gnu


def test_second_of_the_end_stays_where_ticks_differ(run: Run, tmp_path: Path) -> None:
    """GNU rounds 1023 of 1024 ticks up to a second, which the kernel would have counted into the time of the end."""
    rows = tame_records(1, "linux-v2-le").rows
    rows["ahz"], rows["etime"], rows["etime_lo"], rows["btime"] = 1024, 1023, 1023, builders.BTIME
    path = tmp_path / "pacct"
    path.write_bytes(rows.tobytes())
    both = run("--raw", "--format", "1", path)
    layout = LAYOUTS["linux-v1-le"]
    ends = [
        RecordBatch(layout, np.frombuffer(data, layout.dtype), np.zeros(1, np.int64)).end_seconds()[0] for data in both
    ]
    assert ends == [builders.BTIME + 1, builders.BTIME]


def test_user_above_65535_is_nobody_in_v0_and_nobody_else(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(builders.record(uid=65536, gid=65536))
    gnu, ours = (np.frombuffer(data, LAYOUTS["linux-v0-le"].dtype)[0] for data in run("--raw", "--format", "0", path))
    assert (gnu["uid"], gnu["gid"]) == (0, 0)  # root
    assert (ours["uid"], ours["gid"]) == (65534, 65534)


def test_signal_is_told_from_success(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(builders.record(status=9, flag=0x10))
    both = run(path)
    assert both.gnu.split(b"|")[12] == b"       0"
    assert both.ours.split(b"|")[12] == b"     137"


def test_name_cannot_forge_a_row(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(builders.record(comm=b"x\nroot|v3\x1b[2J"))
    both = run(path)
    assert both.gnu.count(b"\n") == 2
    assert both.ours.count(b"\n") == 1
    assert both.ours.startswith(rb"x\x0aroot\x7cv3\x1b[2J|v3|")


def test_terminal_is_not_cut(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(builders.record(tty=0xFFFF))
    both = run(path)
    assert both.gnu.split(b"|")[13] == b"[255,255"
    assert both.ours.split(b"|")[13] == b"[255,255]"


def test_large_process_id_is_not_negative(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(builders.record(pid=2**32 - 1))
    both = run(path)
    assert both.gnu.split(b"|")[9] == b"      -1"
    assert both.ours.split(b"|")[9] == b"4294967295"


def test_missing_file_is_a_failure(gnu_acct: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    gnu = subprocess.run([gnu_acct / "dump-acct", missing], capture_output=True, check=False)
    assert gnu.returncode == 0
    assert acctship("dump", missing).code == 1


def test_zeros_are_no_record(gnu_acct: Path, tmp_path: Path) -> None:
    path = tmp_path / "zeros"
    path.write_bytes(EXAMPLE.read_bytes() + bytes(64))
    gnu = subprocess.run([gnu_acct / "dump-acct", path], capture_output=True, check=True)
    assert gnu.stdout.count(b"|v0|") == 1
    done = acctship("dump", path)
    assert (done.out.count(b"|v3|"), done.out.count(b"|v0|")) == (EXAMPLE.stat().st_size // 64, 0)
    assert done.code in (1, 4)
    assert f"offset {EXAMPLE.stat().st_size}" in done.error


def test_torn_file_is_read_backwards(gnu_acct: Path, tmp_path: Path) -> None:
    path = tmp_path / "torn"
    path.write_bytes(EXAMPLE.read_bytes()[:-10])
    gnu = subprocess.run([gnu_acct / "dump-acct", "-r", path], capture_output=True, check=False)
    assert gnu.returncode < 0
    done = acctship("dump", "-r", path)
    assert done.code == 4
    assert done.out.count(b"\n") == len(EXAMPLE.read_bytes()) // 64 - 1
