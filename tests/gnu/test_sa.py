"""Rows of `acctship summary` are those of GNU's sa, but for what sa gets wrong.

sa shows a quarter of the KiB that the kernel recorded (it divides by the pages' 4 KiB a second time), so the columns
`k` and `k*sec` are taken out of its rows and ours and compared apart.
"""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from acctship.cli import summary as cli
from acctship.events.escape import unescape
from acctship.events.names import system_names
from acctship.records import Reader
from acctship.reports.keys import By, key
from acctship.reports.order import KEYS, Sort
from acctship.reports.sa_rows import grouped
from acctship.reports.summary import COUNTS, TIMES, Rows, Summary
from tests import builders
from tests.cli.command import acctship
from tests.kernel.accounting import record, shell

EXAMPLE = Path(__file__).parents[2] / "examples/pacct"
MEMORY = re.compile(r" +(\d+)k(?=\*sec|\b| mem)")

SORTS: dict[str, Sort] = {
    "-b": "cpu per call",
    "-d": "io per call",
    "-D": "io",
    "-k": "memory",
    "-K": "k*sec",
    "-n": "calls",
    "--sort-real-time": "real",
}
OPTIONS = [
    "",
    *SORTS,
    "-a",
    "-a -c -v 3",
    "-c",
    "-i",
    "-j",
    "-l",
    "-l -c -j",
    "-m",
    "-m -c -l -t",
    "-m -j -n -r",
    "-m -p -K",
    "--group-summary -D",
    "-n -D",
    "-K -n -r",
    "-p",
    "-P -K",
    "-p -P",
    "-r",
    "-t",
    "-t -l -c -K -p",
    "-v 1 -f",
    "-v 4 -f -b",
    "--separate-forks",
]

Sa = Callable[..., list[str]]
Ours = Callable[..., list[str]]


@pytest.fixture
def sa(gnu_acct: Path) -> Sa:
    """Rows of GNU's sa, which reads no summary files here, and gets no answers to its questions."""

    def run(path: Path, *options: str) -> list[str]:
        command: list[str | Path] = [gnu_acct / "sa", "--dont-read-summary-files", *options, path]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)
        return done.stdout.decode("latin-1").split("\n")[:-1]

    return run


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ours:
    """Rows of `acctship summary` in a pipe, with raw names as sa has them; -c and -f are given by their long names."""
    (tmp_path / "acctship.toml").touch()  # this machine's own must not count
    long_names = {"-c": "--percentages", "-f": "--not-interactive"}

    def run(path: Path, *options: str) -> list[str]:
        written: list[bytes] = []
        monkeypatch.setattr(cli, "write", written.append)
        monkeypatch.setattr(cli, "is_terminal", lambda _: False)
        arguments = [long_names.get(option, option) for option in options]
        code = cli.command.main(
            ["--config", str(tmp_path / "acctship.toml"), *arguments, str(path)], standalone_mode=False
        )
        assert code == 0
        return unescape(b"".join(written).decode()).decode("latin-1").split("\n")[:-1]

    return run


@pytest.fixture(scope="module")
def random_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """10,000 records with anything in them that sa does not misprint."""
    rng = random.Random("sa")
    names = [b"c%d" % at for at in range(2500)] + [
        b"odd\x07",
        b"\xc3\xb6",
        b" ",
        b"fifteen--bytes!",
        b"***other",
        b"%s",
    ]

    def comp() -> int:
        return builders.comp_t(int(rng.paretovariate(0.3)) - 1)

    path = tmp_path_factory.mktemp("sa") / "pacct"
    path.write_bytes(
        b"".join(
            builders.record(
                flag=rng.randrange(32),
                uid=rng.choice((0, 1, 65534, 77_777, 2**31 - 1)),
                gid=rng.choice((0, 1, 65534, 77_777)),
                status=rng.choice((0, 9, 256)),
                etime=float(int(rng.paretovariate(0.3)) % 2**24),
                utime=comp(),
                stime=comp(),
                mem=comp(),
                io=comp(),
                minflt=comp(),
                majflt=comp(),
                swaps=comp(),
                comm=rng.choice(names),
            )
            for _ in range(10_000)
        )
    )
    return path


def without_memory(rows: list[str]) -> list[tuple[str, int]]:
    """Rows without what they say of memory, and that, in a fixed order."""
    return sorted(
        (MEMORY.sub(" k", row, count=1), int(found[1]) if (found := MEMORY.search(row)) else 0) for row in rows
    )


def sort_of(options: list[str]) -> Sort:
    return next((SORTS[option] for option in reversed(options) if option in SORTS), "cpu")


def order(path: Path, options: list[str], rows: list[str]) -> list[tuple[float, float]]:
    """What the sort goes by, for each row but the total: in ties, sa's order is that of its hash table."""
    by: By = "user" if "-m" in options else "group" if "--group-summary" in options else "command"
    summary = Summary(key(by, system_names()), (*TIMES, *COUNTS))
    with Reader(path) as reader:
        for records in reader:
            summary.add(records)
    known: Rows = summary.rows()
    if by == "command" and "-a" not in options:
        known = grouped(known, int(options[options.index("-v") + 1]) if "-v" in options else None)
    pairs = zip(KEYS[sort_of(options)](known).tolist(), known.sums["calls"].tolist(), strict=True)
    keys = {unescape(label.text()).decode("latin-1"): pair for label, pair in zip(known.labels, pairs, strict=True)}
    names = [row.partition(" ")[0] if by != "command" else row.rpartition("   ")[2] for row in rows[1:]]
    return [keys[name] for name in names if name in keys]  # a line break in a name leaves a rest


def assert_same(gnu: list[str], mine: list[str]) -> None:
    """The rows are the same in any order, the total comes first, and sa's sizes are quarters of ours."""
    for (our, whole), (their, quarter) in zip(without_memory(mine), without_memory(gnu), strict=True):
        assert our == their or ("***" in our and numbers(our) == pytest.approx(numbers(their), rel=1e-12, abs=0.0101))
        assert whole == pytest.approx(4 * quarter, rel=1e-12, abs=2.5)  # both are rounded
    assert without_memory(mine[:1])[0][0] == without_memory(gnu[:1])[0][0]


def numbers(row: str) -> list[float]:
    """What a row of other rows says: sa adds these up in the order of its hash table, which shows in the last digit."""
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", row)]


@pytest.mark.parametrize("options", OPTIONS)
def test_rows_of_the_records_that_come_with_the_project_are_those_of_sa(options: str, sa: Sa, ours: Ours) -> None:
    gnu = sa(EXAMPLE, *options.split())

    mine = ours(EXAMPLE, *options.split())

    assert len(gnu) > 2
    assert_same(gnu, mine)
    if sort_of(options.split()) != "k*sec":  # see below
        assert order(EXAMPLE, options.split(), mine) == order(EXAMPLE, options.split(), gnu)


@pytest.mark.parametrize("options", OPTIONS)
def test_rows_of_ten_thousand_random_records_are_those_of_sa(
    options: str, sa: Sa, ours: Ours, random_file: Path
) -> None:
    gnu = sa(random_file, *options.split())

    mine = ours(random_file, *options.split())

    assert len(gnu) > 2
    assert_same(gnu, mine)
    if sort_of(options.split()) != "k*sec":  # see below
        assert order(random_file, options.split(), mine) == order(random_file, options.split(), gnu)


def test_rows_of_fresh_records_of_this_kernel_are_those_of_sa(sa: Sa, ours: Ours, tmp_path: Path) -> None:
    script = "ls / | sort; (exit 7); (:); (:); head -c 9000000 /dev/zero | sha256sum; sha256sum /proc/self/exe; ls"
    path = record(tmp_path, shell(script), uid=65534, gid=65533).path

    for options in ("", "-a", "-l -c -t", "-m", "-p", "-j -n"):
        gnu, mine = sa(path, *options.split()), ours(path, *options.split())
        assert_same(gnu, mine)
        assert order(path, options.split(), mine) == order(path, options.split(), gnu)


def test_a_row_for_each_record_is_that_of_sa(sa: Sa, ours: Ours, random_file: Path) -> None:
    for path in (EXAMPLE, random_file):
        for our, their in zip(ours(path, "-u"), sa(path, "-u"), strict=True):
            (mine, whole), (gnu, quarter) = without_memory([our])[0], without_memory([their])[0]
            assert mine == gnu or (
                not (our.isprintable() and our.isascii()) and mine.replace(" ", "") == gnu.replace(" ", "")
            )  # escaped, it takes less filling
            assert whole == pytest.approx(4 * quarter, abs=2)


def memory_of(row: str) -> int:
    found = MEMORY.search(row)
    assert found, row
    return int(found[1])


def two(tmp_path: Path, **fields: Any) -> Path:
    """A file of a record, twice, for sa shows no command that ran once."""
    path = tmp_path / "pacct"
    path.write_bytes(builders.record(**fields) * 2)
    return path


def test_sizes_are_what_was_recorded_where_sa_shows_a_quarter(sa: Sa, ours: Ours, tmp_path: Path) -> None:
    path = two(tmp_path, mem=4000, utime=100)

    for options, gnu, mine in (((), 1000, 4000), (("-K",), 2000, 8000), (("-u",), 1000, 4000)):
        assert memory_of(sa(path, *options)[0]) == gnu
        assert memory_of(ours(path, *options)[0]) == mine


def test_sorting_by_memory_times_cpu_goes_by_what_is_shown_where_sa_multiplies_it_by_the_calls(
    sa: Sa, ours: Ours, tmp_path: Path
) -> None:
    path = tmp_path / "pacct"
    few, many = builders.record(comm=b"few", mem=4000, utime=100), builders.record(comm=b"many", mem=400, utime=100)
    path.write_bytes(few * 2 + many * 9)

    assert [memory_of(row) for row in sa(path, "-K")[1:]] == [900, 2000]
    assert [memory_of(row) for row in ours(path, "-K")[1:]] == [8000, 3600]


def test_commands_that_all_ran_once_have_rows_where_sa_prints_nothing(sa: Sa, ours: Ours, tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(builders.record(comm=b"one", etime=6000) + builders.record(comm=b"other", etime=6000))

    assert sa(path) == []
    total = "       2       2.00re       0.00cp         0avio         0k"
    assert ours(path) == [total, f"{total}   ***other"]


def test_no_question_is_asked_where_sa_asks_about_each_name(sa: Sa, ours: Ours, tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(builders.record(comm=b"often") * 9 + builders.record(comm=b"few") * 2)

    assert "Junk `" in "".join(sa(path, "-v", "3"))
    assert ours(path, "-v", "3") == ours(path, "-v", "3", "--not-interactive")


def test_user_ids_above_2_to_31_are_positive_where_sa_shows_them_negative(sa: Sa, ours: Ours, tmp_path: Path) -> None:
    path = two(tmp_path, uid=4_000_000_000)

    assert sa(path, "-m")[1].startswith("-294967296 ")
    assert ours(path, "-m")[1].startswith("4000000000 ")
    assert sa(path, "-u")[0].startswith("-2949672 ")
    assert ours(path, "-u")[0].startswith("40000000 ")


def test_the_clock_rate_that_is_given_counts_where_sa_ignores_it(sa: Sa, ours: Ours, tmp_path: Path) -> None:
    path = two(tmp_path, etime=6000, utime=6000)

    assert sa(path, "--ahz", "1000")[0] == sa(path)[0] == "       2       2.00re       2.00cp         0avio         0k"
    assert ours(path, "--ahz", "1000")[0] == "       2       0.20re       0.20cp         0avio         0k"


def test_names_are_escaped_where_sa_prints_them_raw(sa: Sa, tmp_path: Path) -> None:
    path = two(tmp_path, comm=b"\x1b[2J\nforged")

    for options in ("-a", "-u"):
        assert "\x1b[2J" in "".join(sa(path, options))
        shown = acctship("summary", options, path).out
        assert b"\x1b" not in shown
        assert rb"\x1b[2J\x0aforged" in shown


def test_a_file_that_is_missing_or_cut_is_an_error_where_sa_ends_with_0(gnu_acct: Path, tmp_path: Path) -> None:
    cut = two(tmp_path)
    cut.write_bytes(cut.read_bytes() + b"\0\3")

    for path, code in ((tmp_path / "missing", 1), (cut, 4)):
        assert subprocess.run([gnu_acct / "sa", "-i", path], capture_output=True, check=False).returncode == 0
        assert acctship("summary", path).code == code
