"""The health journal: durable lines at offsets that never change, in a file that stays small."""

from __future__ import annotations

import json
import os
import threading
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from acctship import StateError
from acctship.delivery.keeping import journal as module
from acctship.delivery.keeping.journal import Journal


def line(number: int) -> bytes:
    return b'{"n":%d}' % number


def numbers(journal: Journal, offset: int = 0) -> list[int]:
    return [json.loads(line)["n"] for line, _ in journal.read(offset, 1 << 20)]


def test_lines_are_read_from_any_offset_that_a_line_gave(journal: Journal) -> None:
    assert [journal.append(line(number)) for number in range(12)] == [True] * 12
    read = journal.read(0, 1 << 20)
    assert [one for one, _ in read] == [line(number) for number in range(12)]
    for number, (_, behind) in enumerate(read, 1):
        assert journal.read(behind, 1 << 20) == read[number:]
    assert read[-1][1] == journal.end
    assert journal.start == 0


@given(sizes=st.lists(st.integers(0, 40), max_size=20), most=st.integers(1, 100))
@settings(max_examples=50, deadline=None)
def test_reading_in_parts_gives_every_line_once(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], most: int
) -> None:
    path = tmp_path_factory.mktemp("journal") / "health.jsonl"
    Journal.create(path, base=1000)
    lines = [b'{"x":"%s"}' % (b"x" * size) for size in sizes]
    with closing(Journal(path)) as journal:
        for one in lines:
            journal.append(one)
        offset, found = journal.start, []
        while part := journal.read(offset, most):
            assert len(part) == 1 or part[-1][1] - offset <= most
            found += [one for one, _ in part]
            offset = part[-1][1]
        assert (found, offset) == (lines, journal.end)


def test_what_was_appended_is_there_after_a_start(path: Path) -> None:
    with closing(Journal(path)) as journal:
        journal.append(line(1))
        end = journal.end
    with closing(Journal(path)) as journal:
        assert (numbers(journal), journal.end) == ([1], end)
        journal.append(line(2))
        assert numbers(journal, end) == [2]


def test_line_is_on_disk_when_append_returns(path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda _descriptor: synced.append(path.read_bytes()))
    journal.append(line(1))
    assert synced == [b'{"base":0,"format":1}\n{"n":1}\n']


def test_line_that_was_torn_anywhere_is_cut_off(path: Path) -> None:
    with closing(Journal(path)) as journal:
        journal.append(line(1))
        end = journal.end
    whole = path.read_bytes()
    for torn in [line(2)[:size] for size in range(1, 8)] + [bytes(10)]:
        path.write_bytes(whole + torn)
        with closing(Journal(path)) as journal:
            assert (numbers(journal), journal.end) == ([1], end)
            journal.append(line(3))
            assert numbers(journal) == [1, 3]


def test_journal_without_a_whole_header_is_refused(path: Path) -> None:
    header = path.read_bytes()
    for size in range(len(header)):
        path.write_bytes(header[:size])
        with pytest.raises(
            StateError, match=r"health\.jsonl, line 1: is empty: restore .* --accept-loss: health events"
        ):
            Journal(path)


@pytest.mark.parametrize("broken", [b"\n", b'{"n":\n', b"[1]\n", b"\0\0\0\n", b"text\n"])
def test_line_that_is_broken_inside_is_refused(broken: bytes, path: Path) -> None:
    with path.open("ab") as file:
        file.write(line(1) + b"\n" + broken + line(3) + b"\n")
    with pytest.raises(StateError, match=r"health\.jsonl, line 3: is (damaged|empty)"):
        Journal(path)


def test_files_are_closed_when_it_is_refused_and_when_lines_go(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir()))
    with closing(Journal(path)) as journal:
        for number in range(50):
            journal.append(line(number))
    with path.open("ab") as file:
        file.write(b"broken\n")
    with pytest.raises(StateError):
        Journal(path)
    assert len(list(descriptors.iterdir())) == before


def test_journal_of_a_newer_version_is_refused(path: Path) -> None:
    path.write_bytes(b'{"format":2,"start":{}}\n')
    with pytest.raises(StateError, match="was written by a newer acctship: upgrade"):
        Journal(path)


def test_journal_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="is missing"):
        Journal(tmp_path / "health.jsonl")


def test_newline_in_a_line_is_refused(journal: Journal) -> None:
    with pytest.raises(ValueError, match="one line"):
        journal.append(b"{}\n{}")
    assert journal.end == 0


def test_older_half_goes_and_offsets_stay(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 400)
    behind: dict[int, int] = {}
    with closing(Journal(path)) as journal:
        for number in range(10, 99):
            assert journal.append(line(number))
            behind[number] = journal.end
            assert path.stat().st_size <= 400
        kept = numbers(journal, journal.start)
        assert kept[-1] == 98
        assert 15 < len(kept) < 45
        assert kept == list(range(kept[0], 99))
        assert journal.start == behind[kept[0] - 1]
        for number in kept:
            assert numbers(journal, behind[number]) == list(range(number + 1, 99))
    with closing(Journal(path)) as journal:
        assert (journal.start, journal.end) == (behind[kept[0] - 1], behind[98])
        assert numbers(journal, behind[97]) == [98]


def test_line_too_long_for_the_file_is_kept_alone(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 30)
    for number in (10**30, 2):
        assert journal.append(line(number))
        assert numbers(journal, journal.start) == [number]


def test_reader_before_the_start_goes_on_at_the_start(path: Path) -> None:
    Journal.create(path, base=500)
    with closing(Journal(path)) as journal:
        journal.append(line(1))
        assert journal.read(20, 100) == [(line(1), 500 + len(line(1)) + 1)]


def test_reader_beyond_the_end_gets_nothing(journal: Journal) -> None:
    journal.append(line(1))
    assert journal.read(journal.end + 1, 100) == []
    assert journal.read(10**9, 100) == []


def test_offset_inside_a_line_reads_twice_rather_than_never(journal: Journal) -> None:
    for number in (1, 2):
        journal.append(line(number))
    assert numbers(journal, 3) == [1, 2]


def test_file_that_another_program_cut_off_ends_in_an_error(path: Path, journal: Journal) -> None:
    journal.append(line(1))
    os.truncate(path, 22 + 3)
    with pytest.raises(StateError, match="was cut off by another program"):
        journal.read(0, 100)


def test_threads_append_and_read_at_a_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    monkeypatch.setattr(module, "MOST_BYTES", 2000)
    with closing(Journal(path)) as journal:
        found: list[int] = []

        def append(first: int) -> None:
            for number in range(first, first + 200):
                journal.append(line(number))

        threads = [threading.Thread(target=append, args=(1000 * at,)) for at in range(1, 4)]
        for thread in threads:
            thread.start()
        offset = 0
        while any(thread.is_alive() for thread in threads) or offset < journal.end:
            if part := journal.read(offset, 300):
                offset = part[-1][1]
                found += [json.loads(one)["n"] for one, _ in part]
        for thread in threads:
            thread.join()
        for first in (1000, 2000, 3000):
            own = [number for number in found if first <= number < first + 1000]
            assert own == sorted(set(own))
        assert offset == journal.end
