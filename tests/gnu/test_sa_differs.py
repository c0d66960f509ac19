"""What GNU's sa gets wrong, and that `acctship summary` does not."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from tests import builders
from tests.cli.command import acctship
from tests.gnu.sums import Ours, Sa, memory_of


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
