"""Dead letters are counted without reading them again, also when some are taken out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from acctship.delivery.keeping.dead_letters import DeadLetters
from acctship.delivery.keeping.letter_count import LetterCount


def event(number: int) -> bytes:
    return b'{"event":{"id":"%d"}}' % number


@pytest.fixture
def path(tmp_path: Path) -> Path:
    DeadLetters.create(tmp_path / "siem.jsonl")
    return tmp_path / "siem.jsonl"


def test_letters_are_counted_as_they_come_and_go(path: Path) -> None:
    letters, count = DeadLetters(path), LetterCount(path)
    assert count.look() == (0, 0)
    letters.add([(event(number), "no") for number in range(5)])
    assert count.look() == (5, path.stat().st_size)
    letters.add([(event(9), "no")])
    assert count.look() == (6, path.stat().st_size)
    letters.take({"0", "9"})
    assert count.look() == (4, path.stat().st_size)


def test_only_what_is_new_is_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    letters, count = DeadLetters(path), LetterCount(path)
    letters.add([(event(number), "no") for number in range(100)])
    count.look()
    seeks: list[int] = []
    seek = os.lseek

    def noted(descriptor: int, offset: int, whence: int) -> int:
        seeks.append(offset)
        return seek(descriptor, offset, whence)

    monkeypatch.setattr(os, "lseek", noted)
    before = path.stat().st_size
    assert count.look() == (100, before)
    letters.add([(event(100), "no")])
    assert count.look()[0] == 101
    assert seeks == [before]


def test_file_that_is_not_there_holds_none(path: Path) -> None:
    count = LetterCount(path)
    DeadLetters(path).add([(event(1), "no")])
    assert count.look()[0] == 1
    path.unlink()
    assert count.look() == (0, 0)
