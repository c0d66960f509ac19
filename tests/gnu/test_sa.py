"""Rows of `acctship summary` are those of GNU's sa, but for what sa gets wrong.

sa shows a quarter of the KiB that the kernel recorded (it divides by the pages' 4 KiB a second time), so the columns
`k` and `k*sec` are taken out of its rows and ours and compared apart.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from acctship.events.escape import unescape
from acctship.events.names import system_names
from acctship.records import Reader
from acctship.reports.keys import By, key
from acctship.reports.order import KEYS, Sort
from acctship.reports.sa_rows import grouped
from acctship.reports.summary import COUNTS, TIMES, Rows, Summary
from tests import builders
from tests.gnu.sums import MEMORY, Ours, Sa
from tests.kernel.accounting import record, shell
from tests.paths import PACCT

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
    gnu = sa(PACCT, *options.split())

    mine = ours(PACCT, *options.split())

    assert len(gnu) > 2
    assert_same(gnu, mine)
    if sort_of(options.split()) != "k*sec":  # see below
        assert order(PACCT, options.split(), mine) == order(PACCT, options.split(), gnu)


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
    for path in (PACCT, random_file):
        for our, their in zip(ours(path, "-u"), sa(path, "-u"), strict=True):
            (mine, whole), (gnu, quarter) = without_memory([our])[0], without_memory([their])[0]
            assert mine == gnu or (
                not (our.isprintable() and our.isascii()) and mine.replace(" ", "") == gnu.replace(" ", "")
            )  # escaped, it takes less filling
            assert whole == pytest.approx(4 * quarter, abs=2)
