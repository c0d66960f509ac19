"""`acctship lastcomm` prints the rows of GNU's lastcomm, but for what that one gets wrong."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from acctship.events.escape import unescape
from acctship.records import LAYOUTS
from tests import builders
from tests.cli.command import Done, acctship
from tests.kernel.accounting import record, shell
from tests.paths import PACCT

ZONE = {"TZ": "CET-1CEST,M3.5.0,M10.5.0/3", "LC_ALL": "C"}

Gnu = Callable[..., subprocess.CompletedProcess[bytes]]

OPTIONS = [
    "",
    "--forwards",
    "--show-paging --pid --forwards",
    "--print-controls",
    "--strict-match",
    "pts/3",
    "[255,7]",
    "12345",
    "0",
    "cat pts/3 12345 absent",
    "--user root --user 12345 --forwards",
    "--tty pts/3 --tty __",
    "--command cat --command sleep",
    "--command fifteen--bytes",
    "--user root --tty pts/3 --command cat",
    "--user 12345 cat",
    "--strict-match --user root --tty pts/3 --command cat",
    "--strict-match --user root --command cat -p",
    "--ahz 100 --forwards cat",
]


@pytest.fixture
def gnu(gnu_acct: Path) -> Gnu:
    """Run GNU's lastcomm."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
        program = gnu_acct / "../bin/lastcomm"
        return subprocess.run([program, *arguments], env={**os.environ, **ZONE}, capture_output=True, check=False)

    return run


@pytest.fixture(scope="module")
def ten_thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records with any number that a kernel can write, of users and terminals that this machine knows or does not."""
    rng = random.Random("lastcomm")
    path = tmp_path_factory.mktemp("random") / "pacct"

    path.write_bytes(
        b"".join(
            builders.record(
                flag=rng.randrange(64),
                tty=rng.choice((0, 0x8803, 0x8800 + rng.randrange(2048), 0xFF07, 0xFF00 + rng.randrange(256))),
                status=rng.choice((0, rng.randrange(256) << 8, rng.randrange(1, 65))),
                uid=rng.choice((0, 0, 1, 33, 12345, 65534, rng.randrange(2**31))),
                pid=rng.randrange(1, 2**22 + 1),
                ppid=rng.randrange(2**22 + 1),
                btime=rng.randrange(2**32),
                etime=float(int(rng.paretovariate(0.3)) % 2**24),
                utime=builders.any_comp(rng),
                stime=builders.any_comp(rng),
                minflt=builders.any_comp(rng),
                majflt=builders.any_comp(rng),
                swaps=builders.any_comp(rng),
                comm=rng.choice((b"cat", b"sleep", b"fifteen--bytes!", b"a b", b"back\\x0a", b"?", b"root", b"")),
            )
            for _ in range(10_000)
        )
    )
    return path


def ours(path: Path, *arguments: str) -> bytes:
    done = acctship("lastcomm", "-f", path, *arguments, environment=ZONE)
    assert (done.code, done.err) == (0, "")
    return done.out


@pytest.mark.parametrize("options", OPTIONS)
def test_ten_thousand_random_records_give_the_same_rows(gnu: Gnu, ten_thousand: Path, options: str) -> None:
    theirs = gnu(*options.split(), "-f", ten_thousand)

    assert theirs.returncode == 0
    assert ours(ten_thousand, *options.split()) == theirs.stdout


@pytest.mark.parametrize("options", ["", "--print-controls --pid", "-p --forwards", "sh --user root"])
def test_the_kernels_own_records_give_the_same_rows(gnu: Gnu, options: str, tmp_path: Path) -> None:
    script = "ls / | sort; (exit 7); head -c 9000000 /dev/zero | sha256sum; kill -TERM $$"
    fresh = record(tmp_path, shell(script), uid=65534, gid=65533).path
    for path in (PACCT, fresh):
        theirs = gnu(*options.split(), "-f", path).stdout
        mine = ours(path, *options.split())

        assert theirs
        if "--print-controls" in options:
            assert mine == theirs
        else:
            assert without_spelling(mine) == theirs


def without_spelling(rows: bytes) -> bytes:
    """Rows less the word that a hostile name has at the end of its row; the begin of a process holds the only colon."""
    return b"".join(
        row[: row.rindex(b" ")] + b"\n" if b"?" in row[:16] else row for row in rows.splitlines(keepends=True)
    )


@pytest.mark.parametrize(
    "layout", [name for name in LAYOUTS if name not in ("linux-v0-be", "linux-v1-le", "linux-v1-be")]
)
@pytest.mark.parametrize("options", ["--pid", "-p --forwards pts/3"])
def test_other_layouts_give_the_same_rows(gnu: Gnu, layout: str, options: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    rows = np.zeros(500, LAYOUTS[layout].dtype)
    rows["version"] = LAYOUTS[layout].version_byte
    rows["flag"], rows["btime"] = rng.integers(0, 32, 500), rng.integers(10**9, 2 * 10**9, 500)
    rows["tty"], rows["uid"] = rng.choice([0, 0x8803], 500), rng.choice([0, 12345], 500)
    for field in ("utime", "stime", "minflt", "majflt", "swaps"):
        rows[field] = rng.integers(0, 2**16, 500)
    rows["comm"] = b"name"
    if "ahz" in LAYOUTS[layout].fields:
        rows["ahz"] = rng.choice([100, 1000, 1024], 500)
    path = tmp_path / "pacct"
    rows.tofile(path)

    assert ours(path, *options.split()) == gnu(*options.split(), "-f", path).stdout


def test_ahz_of_a_file_that_does_not_say_it_gives_the_same_rows(gnu: Gnu, tmp_path: Path) -> None:
    rows = np.zeros(5000, LAYOUTS["linux-v0-le"].dtype)
    rows["utime"], rows["stime"] = np.arange(5000), np.arange(5000) // 7
    rows["comm"] = b"name"
    path = tmp_path / "pacct"
    rows.tofile(path)
    for ahz in ("1000", "1024"):
        assert ours(path, "--ahz", ahz) == gnu("--ahz", ahz, "-f", path).stdout


@pytest.mark.parametrize("options", ["", "--forwards"])
def test_several_files_come_one_after_another(gnu: Gnu, ten_thousand: Path, options: str) -> None:
    files = ("-f", PACCT, "-f", ten_thousand)
    done = acctship("lastcomm", *options.split(), *files, "--print-controls", environment=ZONE)

    assert done.out == gnu(*options.split(), "--print-controls", *files).stdout


def test_standard_input_forwards_gives_the_same_rows(gnu_acct: Path, ten_thousand: Path) -> None:
    data = ten_thousand.read_bytes()
    program = gnu_acct / "../bin/lastcomm"
    theirs = subprocess.run([program, "--forwards", "-f", "-"], input=data, env=ZONE, capture_output=True, check=True)

    assert acctship("lastcomm", "--forwards", "-f", "-", stdin=data, environment=ZONE).out == theirs.stdout


# What GNU gets wrong, each with what is right.


@pytest.fixture
def three(tmp_path: Path) -> Path:
    path = tmp_path / "pacct"
    names = (b"one", b"two", b"three")
    path.write_bytes(b"".join(builders.record(comm=name, uid=0, tty=0x8803, utime=100) for name in names))
    return path


def names(done: Done) -> list[str]:
    return [line.split()[0].decode() for line in done.out.splitlines()]


def test_file_cut_within_a_record_is_listed_where_gnu_crashes(gnu: Gnu, three: Path) -> None:
    three.write_bytes(three.read_bytes()[:-20])
    done = acctship("lastcomm", "-f", three)

    assert gnu("-f", three).returncode < 0
    assert (done.code, names(done)) == (4, ["two", "one"])
    assert done.error == f"{three}: offset 128: 44 bytes skipped: the last record is cut short"


def test_strict_match_finds_words_where_gnu_finds_nothing(gnu: Gnu, three: Path) -> None:
    assert gnu("--strict-match", "-f", three, "two", "root").stdout == b""
    assert names(acctship("lastcomm", "--strict-match", "-f", three, "two", "root", "pts/3")) == ["two"]
    assert names(acctship("lastcomm", "--strict-match", "-f", three, "two", "nobody")) == []
    assert names(acctship("lastcomm", "--strict-match", "-f", three, "--user", "root", "one")) == ["one"]


def test_strict_match_takes_several_of_a_kind_where_gnu_refuses(gnu: Gnu, three: Path) -> None:
    options = ("--strict-match", "-f", three, "--command", "one", "--command", "two", "--user", "root")

    assert gnu(*options).returncode == 1
    assert names(acctship("lastcomm", *options)) == ["two", "one"]


def test_missing_file_fails_where_gnu_does_not(gnu: Gnu, three: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    done = acctship("lastcomm", "-f", missing, "-f", three)

    assert gnu("-f", missing).returncode == 0
    assert (done.code, names(done)) == (1, ["three", "two", "one"])
    assert done.error.startswith(f"{missing}: no such file")


def test_folder_is_refused_where_gnu_prints_rows_without_end(tmp_path: Path) -> None:
    done = acctship("lastcomm", "-f", tmp_path)

    assert (done.code, done.out) == (1, b"")
    assert "is a folder" in done.error


def test_zeros_are_no_record_of_root_as_they_are_for_gnu(gnu: Gnu, tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(b"".join(builders.random_records(40)) + bytes(3 * builders.SIZE))
    done = acctship("lastcomm", "-f", path)

    assert gnu("-f", path).stdout.count(b"Thu Jan  1 01:00") == 3
    assert b"Thu Jan  1" not in done.out
    assert len(done.out.splitlines()) == 40
    assert done.code == 4


def test_hostile_names_are_spelled_at_the_end_of_the_row_that_gnu_prints(gnu: Gnu, tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    hostile = [name for name in builders.HOSTILE_COMMANDS if not (name.isascii() and name.decode().isprintable())]
    path.write_bytes(b"".join(builders.record(comm=name) for name in hostile))
    theirs = gnu("--forwards", "--pid", "-f", path).stdout.splitlines()
    mine = ours(path, "--forwards", "--pid").splitlines()

    assert len(hostile) > 5
    assert [row[: len(their)] for row, their in zip(mine, theirs, strict=True)] == theirs
    words = [row[len(their) :].decode() for row, their in zip(mine, theirs, strict=True)]
    assert [unescape(word.removeprefix(" ")).replace(b"\\x20", b" ") for word in words] == hostile


def test_names_that_look_the_same_to_gnu_differ(gnu: Gnu, tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(b"".join(builders.record(comm=name) for name in (b"ab\n", b"ab\r", b"ab?", b"ab\xff")))

    assert len(set(gnu("-f", path).stdout.splitlines())) == 1
    assert len(set(ours(path).splitlines())) == 4


def test_large_ids_are_no_negative_numbers_as_for_gnu(gnu: Gnu, tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(builders.record(uid=2**32 - 2, pid=2**32 - 1, ppid=2**31))

    assert gnu("--pid", "-f", path).stdout.split()[1:2] == [b"-2"]
    assert ours(path, "--pid").split()[1] == b"42949672"
    assert ours(path, "--pid").split()[-2:] == [b"4294967295", b"2147483648"]
    assert ours(path, "4294967294") == ours(path)


def test_ahz_counts_for_every_layout_where_gnu_heeds_it_in_one(gnu: Gnu, three: Path) -> None:
    assert gnu("--ahz", "1000", "-f", three).stdout.count(b" 1.00 secs") == 3
    assert ours(three, "--ahz", "1000").count(b" 0.10 secs") == 3


def test_forwards_may_stand_anywhere_where_gnu_wants_it_first(gnu: Gnu, three: Path) -> None:
    assert gnu("-f", three, "--forwards").returncode == 1
    assert ours(three, "--forwards") == gnu("--forwards", "-f", three).stdout


def test_well_known_terminal_has_its_name_even_where_this_machine_lacks_it(gnu: Gnu, tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(builders.record(tty=188 << 8 | 201))

    assert b"[188,201" in gnu("-f", path).stdout
    assert b" ttyUSB20 " in ours(path)
    assert ours(path, "ttyUSB201") == ours(path)
