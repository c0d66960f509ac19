"""What goes of the rotated files, and what stays whatever the limits say."""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, strategies as st

from acctship.accounting import needed
from acctship.accounting.limits import Limits
from acctship.accounting.needed import Needs
from acctship.accounting.retain import FORCED, Forced
from acctship.accounting.retention import Retained, plan, retire
from acctship.events.escape import escape
from tests.accounting.rotated_files import DAY, Folder, size

NOW = time.time()
MONTH = Limits(30 * DAY, size(1000))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    # No test can make a file whose ctime lies in the past, and each would count as changed just now.
    monkeypatch.setattr(needed, "touched", lambda status: status.st_mtime)
    return Folder(tmp_path, NOW)


def clear(folder: Folder, limits: Limits, *keep: Path) -> Retained:
    return retire(folder.live, folder.state, limits, folder.said.append, keep)


def test_where_nothing_is_shipped_age_alone_decides(folder: Folder) -> None:
    for days in (10, 29, 31, 400):
        folder.add(f"-{days}", days)
    assert clear(folder, MONTH) == Retained(removed=2, forced=0, failed=0)
    assert folder.rest() == ["-10", "-29"]
    assert folder.live.exists()
    assert folder.said == []


def test_the_oldest_go_until_the_rest_is_small_enough(folder: Folder) -> None:
    for days in (1, 2, 3, 4):
        folder.add(f".{days}", days)
    assert clear(folder, Limits(30 * DAY, size(25))).removed == 2
    assert folder.rest() == [".1", ".2"]


def test_rotated_files_of_every_rotator_are_known_by_what_they_hold(folder: Folder) -> None:
    for rest in ("-20261124-130000", "-20261124-130000.1", ".0", ".1.gz", "-20261124", "-20261124.gz"):
        folder.add(rest, 40)
    assert clear(folder, MONTH).removed == 6
    assert folder.rest() == []


def test_what_is_no_accounting_file_stays(folder: Folder) -> None:
    notes, empty, link = (folder.live.with_name(f"pacct{rest}") for rest in ("-notes.txt", ".empty", ".link"))
    notes.write_text("why we rotate\n")
    empty.touch()
    link.symlink_to(folder.add("-kept", 1))
    other = folder.live.with_name("other-20261124")
    other.write_bytes(folder.live.read_bytes())
    odd = folder.live.with_name("pacct of yesterday")
    odd.write_bytes(folder.live.read_bytes())
    for path in (notes, empty, other, odd):
        os.utime(path, (0, 0))
    os.utime(link, (0, 0), follow_symlinks=False)

    assert clear(folder, Limits(0, 0)).removed == 1
    assert folder.rest() == sorted(["-notes.txt", ".empty", ".link", "other-20261124", " of yesterday"])
    (said,) = folder.said
    assert said == (
        f"{notes}: is left alone: no process accounting file that acctship reads: "
        r"it looks like text, starting with 'why we rotate\n'"
    )


def test_a_file_that_the_kernel_writes_to_stays(folder: Folder) -> None:
    written = folder.add("-20261124-130000", 40)
    assert clear(folder, Limits(0, 0), written).removed == 0


def test_a_dead_output_keeps_what_it_has_not_had(folder: Folder) -> None:
    old, older, oldest = (folder.add(f".{days}", days) for days in (31, 32, 33))
    folder.needs(older)
    assert clear(folder, Limits(30 * DAY, 0)) == Retained(removed=2, forced=0, failed=0)
    assert older.exists()
    assert not old.exists()
    assert not oldest.exists()
    (said,) = folder.said
    assert said == (
        f"{folder.live.parent}: rotated files that stay above the limits: 1, of {size(10)} bytes: "
        "an output may still need them"
    )


def test_a_dead_daemon_keeps_what_came_after_it_died(folder: Folder) -> None:
    for days in (1, 2, 3, 4):
        folder.add(f".{days}", days)
    folder.needs(days=2.5)
    assert clear(folder, Limits(30 * DAY, 0)).removed == 2
    assert folder.rest() == [".1", ".2"]


def test_names_are_unescaped_and_compared_where_they_lead(folder: Folder, tmp_path: Path) -> None:
    path = folder.add(".1", 40)
    (tmp_path / "li\nk").symlink_to(folder.live.parent)
    folder.needs(Path(escape(os.fsencode(tmp_path / "li\nk/pacct.1"))))
    assert clear(folder, MONTH).removed == 0
    assert path.exists()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "is missing: has acctship run been started?"),
        (b"", "is damaged, or of another version: Input data was truncated"),
        (b'{"format":1,"time":1}', "is damaged, or of another version: Object missing required field `needed`"),
        (b'{"format":2,"time":1,"needed":[]}', "was written by a newer acctship: upgrade"),
        (b'{"format":1,"time":1,"needed":["/nonexistent/pacct.7"]}', "is needed, and was renamed or removed"),
    ],
)
def test_what_is_not_known_is_needed(folder: Folder, content: bytes | None, why: str) -> None:
    folder.add(".1", 4000)
    folder.state.mkdir()
    if content is not None:
        (folder.state / "retain.json").write_bytes(content)
    assert clear(folder, Limits(0, 0)).removed == 0
    assert folder.rest() == [".1"]
    (said,) = folder.said
    assert "rotated files that stay above the limits: 1, of 640 bytes: " in said
    assert why in said


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "huge"])
def test_what_is_no_file_of_the_daemons_is_not_followed(
    folder: Folder, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.add(".1", 4000)
    folder.needs()
    path = folder.state / "retain.json"
    if kind == "link":
        path.rename(folder.state / "elsewhere")
        path.symlink_to("elsewhere")
    elif kind == "huge":
        monkeypatch.setattr(needed, "_MOST_BYTES", 10)
    else:
        path.unlink()
        os.mkfifo(path) if kind == "pipe" else path.mkdir()
    assert clear(folder, Limits(0, 0)).removed == 0
    assert f"{path}: cannot be read: " in folder.said[0]


def test_a_hard_limit_takes_what_is_needed_oldest_first_and_says_so_twice(folder: Folder) -> None:
    newest, free, oldest = folder.add(".1", 1), folder.add(".2", 2), folder.add(".3", 3)
    folder.needs(newest, oldest)
    os.chown(folder.state, 65534, 65533) if os.geteuid() == 0 else None
    limits = Limits(30 * DAY, 0, size(10))
    assert clear(folder, limits) == Retained(removed=2, forced=1, failed=0)
    assert newest.exists()
    assert not free.exists()

    path = folder.state / FORCED
    (line,) = path.read_bytes().splitlines()
    told = msgspec.json.decode(line, type=Forced)
    reason = "rotated files are above [accounting] hard_limit, 640 bytes"
    assert told == Forced(1, told.time, str(oldest), 640, reason)
    assert abs(told.time - time.time()) < 3600
    assert f"{oldest}: 640 bytes are removed although an output may still need them: {reason}" in folder.said
    assert (path.stat().st_uid, path.stat().st_gid) == (folder.state.stat().st_uid, folder.state.stat().st_gid)

    assert clear(folder, Limits(30 * DAY, 0, 0)).forced == 1
    assert len(path.read_bytes().splitlines()) == 2


@pytest.mark.parametrize("kind", ["link", "hard link", "pipe", "folder"])
def test_what_cannot_be_told_to_the_daemon_is_not_removed(folder: Folder, tmp_path: Path, kind: str) -> None:
    path, kept = folder.state / FORCED, folder.add(".1", 1)
    folder.needs(kept)
    target = tmp_path / "shadow"
    target.write_text("root\n")
    if kind == "link":
        path.symlink_to(target)
    elif kind == "hard link":
        path.hardlink_to(target)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    assert clear(folder, Limits(0, 0, 0)) == Retained(removed=0, forced=0, failed=1)
    assert kept.exists()
    assert target.read_text() == "root\n"
    assert folder.said[0].startswith(f"{path}: cannot be written: ")
    assert folder.said[0].endswith(f": {kept} stays")


def test_a_file_that_cannot_be_removed_is_told(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for a file that was made immutable, or a file system that is read-only by now."""

    def refuse(path: Path) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    path = folder.add(".1", 40)
    monkeypatch.setattr(Path, "unlink", refuse)
    assert clear(folder, MONTH) == Retained(removed=0, forced=0, failed=1)
    assert folder.said == [f"{path}: cannot be removed: Operation not permitted"]


def file(number: int, size: int, age: float) -> tuple[Path, os.stat_result]:
    """A file that was touched some seconds before 1000."""
    return Path(f"/p/{number}"), os.stat_result((0o100640, number, 1, 1, 0, 0, size, 0, 1000.0 - age, 1000.0 - age))


@given(
    files=st.lists(st.tuples(st.integers(0, 100), st.floats(0, 900), st.booleans()), max_size=12),
    age=st.floats(0, 900),
    most=st.integers(0, 500),
    hard=st.none() | st.integers(0, 1000),
)
def test_any_plan_keeps_what_is_needed_and_removes_no_more_than_it_must(
    files: list[tuple[int, float, bool]], age: float, most: int, hard: int | None
) -> None:
    files = sorted(files, key=lambda one: -one[1])
    entries = [file(number, size, old) for number, (size, old, _) in enumerate(files)]
    wanted = {f"/p/{number}" for number, (_, _, needed) in enumerate(files) if needed}
    free, forced, held = plan(entries, Needs(None, frozenset(wanted)), Limits(age, most, hard), 1000.0)
    left = [one for one in entries if one not in free and one not in forced]
    unwanted = [one for one in left if str(one[0]) not in wanted]
    total = sum(status.st_size for _, status in left)

    assert {str(path) for path, _ in free}.isdisjoint(wanted)
    assert {str(path) for path, _ in forced + held} <= wanted
    assert all(1000.0 - status.st_mtime <= age for _, status in unwanted)
    assert not unwanted or total <= most
    assert not forced or hard is not None
    assert not held or hard is None or total <= hard
    if forced and hard is not None:
        assert total + forced[-1][1].st_size > hard, "one less would not have been enough"


def test_what_was_renamed_or_compressed_since_is_needed_whatever_its_time_of_writing(tmp_path: Path) -> None:
    folder = Folder(tmp_path, NOW)
    path = folder.add(".1", 40)
    folder.needs()
    assert clear(folder, MONTH).removed == 0, "it was made just now"
    folder.needs(days=-1)
    assert clear(folder, MONTH).removed == 1, "the daemon has seen it as it is"
    assert not path.exists()
