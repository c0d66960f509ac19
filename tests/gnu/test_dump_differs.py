"""What GNU's dump-acct gets wrong, and `acctship dump` does not: each test shows both."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from acctship.records import LAYOUTS, RecordBatch
from acctship.reports.convert import convert
from acctship.reports.dump import dump_rows
from tests import builders
from tests.cli.command import acctship
from tests.gnu.dumps import COUNT, Run, Tame, tame_records
from tests.paths import PACCT
from tests.reports.zone import zone


@pytest.mark.parametrize("options", ["", "--ahz 64"])
def test_copies_in_v0_are_the_same_but_for_what_v0_has_not(run: Run, tame: Tame, options: str) -> None:
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
    path.write_bytes(PACCT.read_bytes() + bytes(64))
    gnu = subprocess.run([gnu_acct / "dump-acct", path], capture_output=True, check=True)
    assert gnu.stdout.count(b"|v0|") == 1
    done = acctship("dump", path)
    assert (done.out.count(b"|v3|"), done.out.count(b"|v0|")) == (PACCT.stat().st_size // 64, 0)
    assert done.code in (1, 4)
    assert f"offset {PACCT.stat().st_size}" in done.error


def test_torn_file_is_read_backwards(gnu_acct: Path, tmp_path: Path) -> None:
    path = tmp_path / "torn"
    path.write_bytes(PACCT.read_bytes()[:-10])
    gnu = subprocess.run([gnu_acct / "dump-acct", "-r", path], capture_output=True, check=False)
    assert gnu.returncode < 0
    done = acctship("dump", "-r", path)
    assert done.code == 4
    assert done.out.count(b"\n") == len(PACCT.read_bytes()) // 64 - 1
