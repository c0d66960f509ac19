"""Dead letters: durable, each event once, and open to several processes."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from acctship import StateError
from acctship.delivery.keeping import dead_letters as module
from acctship.delivery.keeping.dead_letters import DeadLetters
from acctship.delivery.notice import LONGEST_LINE
from tests.delivery.standins import events
from tests.outputs.test_jsonl_faults import run_apart, small_disk

EVENTS = events(6)
LINES, IDS = list(EVENTS.json()), list(EVENTS.ids)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "siem.jsonl"
    DeadLetters.create(path)
    return path


def reasons(letters: DeadLetters) -> dict[str, str]:
    return {event_id: letter.reason for event_id, letter in letters.read()}


def test_event_comes_back_as_it_was_with_time_and_reason(path: Path) -> None:
    before = datetime.now(UTC)
    DeadLetters(path).add([(LINES[0], "mapper_parsing_exception"), (LINES[1], "too large")])
    found = list(DeadLetters(path).read())
    assert [event_id for event_id, _ in found] == IDS[:2]
    assert [bytes(letter.event) for _, letter in found] == LINES[:2]
    assert [letter.reason for _, letter in found] == ["mapper_parsing_exception", "too large"]
    for _, letter in found:
        assert abs((datetime.fromisoformat(letter.time) - before).total_seconds()) < 60
    for line in path.read_bytes().splitlines():
        assert json.loads(line)["format"] == 1


def test_event_that_was_added_again_is_read_once(path: Path) -> None:
    letters = DeadLetters(path)
    letters.add([(LINES[0], "first"), (LINES[1], "other")])
    letters.add([(LINES[0], "second")])
    assert reasons(letters) == {IDS[0]: "first", IDS[1]: "other"}
    assert len(list(letters.read())) == 2


def test_reason_of_a_receiver_is_escaped_and_cut(path: Path) -> None:
    letters = DeadLetters(path)
    letters.add([(LINES[0], "bad\n\x1b[31m\udcff\u2028"), (LINES[1], "\0" * 1000), (LINES[2], "x" * 1000)])
    assert list(reasons(letters).values()) == [
        "bad\\x0a\\x1b[31m\\xff\\xe2\\x80\\xa8",
        "\\x00" * (LONGEST_LINE // 4),
        "x" * LONGEST_LINE,
    ]


@given(st.text())
@settings(max_examples=30, deadline=None)
def test_any_reason_stays_one_printable_line(tmp_path_factory: pytest.TempPathFactory, reason: str) -> None:
    path = tmp_path_factory.mktemp("letters") / "siem.jsonl"
    DeadLetters.create(path)
    DeadLetters(path).add([(LINES[0], reason)])
    assert path.read_bytes().count(b"\n") == 1
    ((_, letter),) = DeadLetters(path).read()
    assert not set(letter.reason) & set(map(chr, [*range(32), 127]))
    assert len(letter.reason) <= LONGEST_LINE


def test_letters_are_on_disk_when_add_returns(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda _descriptor: synced.append(path.read_bytes().count(b"\n")))
    DeadLetters(path).add([(line, "") for line in LINES])
    assert synced == [6]


def test_line_that_was_torn_anywhere_is_left_out_and_then_cut_off(path: Path) -> None:
    letters = DeadLetters(path)
    letters.add([(LINES[0], "whole")])
    whole = path.read_bytes()
    for size in [*range(1, len(whole), 17), len(whole) - 1]:
        path.write_bytes(whole + whole[:size])
        letters.check()
        assert reasons(letters) == {IDS[0]: "whole"}
        letters.add([(LINES[1], "next")])
        assert path.read_bytes().startswith(whole + b'{"format":1,')
        assert reasons(letters) == {IDS[0]: "whole", IDS[1]: "next"}


@pytest.mark.parametrize("zeros", [1, 3 << 20])
def test_zeros_that_a_power_loss_left_are_cut_off(zeros: int, path: Path) -> None:
    path.write_bytes(bytes(zeros))
    letters = DeadLetters(path)
    letters.add([(LINES[0], "next")])
    assert reasons(letters) == {IDS[0]: "next"}
    assert path.read_bytes().startswith(b'{"format":1,')


@pytest.mark.parametrize(
    "broken", [b"\n", b"\0\n", b"text\n", b'{"format":1,"time":"","reason":"","event":{}}\n', b'{"format":2}\n']
)
def test_line_that_is_broken_inside_is_refused(broken: bytes, path: Path) -> None:
    letters = DeadLetters(path)
    letters.add([(LINES[0], "whole")])
    whole = path.read_bytes()
    path.write_bytes(whole + broken + whole)
    for function in (letters.check, lambda: list(letters.read()), lambda: letters.take([IDS[0]])):
        with pytest.raises(StateError, match=r"siem\.jsonl, line 2: (is|was)") as caught:
            function()
        assert caught.value.lost
    assert path.read_bytes() == whole + broken + whole
    assert list(path.parent.iterdir()) == [path]


def test_file_that_is_missing_is_no_empty_one(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path / "siem.jsonl")
    with pytest.raises(StateError, match="is missing"):
        letters.check()
    with pytest.raises(FileNotFoundError):
        letters.add([(LINES[0], "")])
    with pytest.raises(FileNotFoundError):
        _ = letters.full


def test_what_was_taken_is_gone_with_its_repetitions(path: Path) -> None:
    letters = DeadLetters(path)
    letters.add([(line, "a") for line in LINES])
    letters.add([(LINES[1], "b"), (LINES[2], "b")])
    kept = path.read_bytes().splitlines()
    letters.take({IDS[1], IDS[4], "unknown"})
    assert path.read_bytes().splitlines() == [kept[at] for at in (0, 2, 3, 5, 7)]
    letters.take(set(IDS))
    assert path.read_bytes() == b""
    letters.add([(LINES[1], "c")])
    assert reasons(letters) == {IDS[1]: "c"}


def test_full_from_a_size_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = DeadLetters(path)
    letters.add([(LINES[0], "")])
    monkeypatch.setattr(module, "MOST_BYTES", letters.size + 1)
    assert not letters.full
    letters.add([(LINES[1], "")])
    assert letters.full


@pytest.mark.parametrize("torn", [0, 10, 10**6])
def test_disk_that_fails_leaves_the_file_as_it_was(torn: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = DeadLetters(path)
    letters.add([(LINES[0], "whole")])
    whole, write = path.read_bytes(), os.write

    def torn_write(descriptor: int, data: memoryview) -> int:
        if not torn:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[:torn])

    def failing_sync(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", torn_write)
        patch.setattr(os, "fsync", failing_sync)
        with pytest.raises(OSError, match=r"No space|Input/output"):
            letters.add([(LINES[1], "next"), (LINES[2], "next")])
    assert path.read_bytes() == whole
    letters.add([(LINES[1], "next")])
    assert reasons(letters) == {IDS[0]: "whole", IDS[1]: "next"}


def test_adding_waits_for_whoever_takes_and_finds_the_new_file(path: Path) -> None:
    letters = DeadLetters(path)
    letters.add([(LINES[0], "old")])
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        adding = threading.Thread(target=letters.add, args=([(LINES[1], "new")],))
        adding.start()
        deadline = time.monotonic() + 10
        while not _waits_for(path):
            assert adding.is_alive()
            assert time.monotonic() < deadline
        other = path.with_name("other")
        other.write_bytes(b"")
        other.rename(path)
    adding.join(10)
    assert not adding.is_alive()
    assert reasons(letters) == {IDS[1]: "new"}


def _waits_for(path: Path) -> bool:
    """Whether somebody waits for the lock of a file: proc_locks(5) marks that by an arrow."""
    inode = f":{path.stat().st_ino} "
    return any("->" in one and inode in one for one in Path("/proc/locks").read_text().splitlines())


def test_nothing_is_lost_between_adding_and_taking(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    many = events(400)
    lines, ids = list(many.json()), list(many.ids)
    taken: list[str] = []

    def add(first: int) -> None:
        for at in range(first, 400, 2):
            DeadLetters(path).add([(lines[at], "")])

    threads = [threading.Thread(target=add, args=(first,)) for first in (0, 1)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or DeadLetters(path).size:
        found = [event_id for event_id, _ in DeadLetters(path).read()]
        DeadLetters(path).take(set(found))
        taken += found
    assert sorted(taken) == sorted(ids)


FILL = """
from pathlib import Path
from acctship.delivery.keeping.dead_letters import DeadLetters
from tests.delivery.standins import events

path, filler = Path({folder!r}, "siem.jsonl"), Path({folder!r}, "filler")
DeadLetters.create(path)
letters = DeadLetters(path)
lines, ids = list(events(40).json()), list(events(40).ids)
letters.add([(line, "first") for line in lines[:20]])
whole = path.read_bytes()
filler.write_bytes(bytes(60_000 // 4096 * 4096 - (len(whole) + 4095) // 4096 * 4096))
for function in (lambda: letters.add([(line, "x" * 500) for line in lines[20:]]), lambda: letters.take(ids[:1])):
    try:
        function()
    except OSError as error:
        print(error.strerror)
    assert path.read_bytes() == whole
    assert {{one.name for one in path.parent.iterdir()}} == {{"siem.jsonl", "filler"}}
filler.unlink()
letters.add([(line, "again") for line in lines[20:]])
letters.take(ids[:1])
assert [event_id for event_id, _ in letters.read()] == ids[1:]
"""


def test_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    folder = small_disk(tmp_path)
    assert run_apart(FILL.format(folder=str(folder)), mounted=folder) == "No space left on device\n" * 2
