"""Rejected events are kept and told of, but not each of them, and not without end."""

from __future__ import annotations

from pathlib import Path

import pytest

from acctship.delivery.keeping import dead_letters
from acctship.delivery.keeping.dead_letters import DeadLetters
from acctship.delivery.keeping.letterbox import Letterbox
from acctship.delivery.notice import Notice
from acctship.errors import HaltError
from tests.delivery.standins import events


class Box:
    """A letterbox over a file, with a clock."""

    def __init__(self, path: Path) -> None:
        DeadLetters.create(path)
        self.letters, self.told, self.now = DeadLetters(path), list[Notice](), 1000.0
        self.keep = Letterbox("siem", self.letters, self.told.append, lambda: self.now)
        self._events = iter(events(100).json())

    def reject(self, count: int, why: str = "bad field") -> None:
        self.keep([(next(self._events), why) for _ in range(count)])


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "siem.jsonl")


def test_events_are_kept_and_told_of_once_a_minute_with_their_number(box: Box) -> None:
    for _ in range(3):
        box.reject(2)
    assert [notice.details["rejected"] for notice in box.told] == [2]
    box.now += 60
    box.reject(1, "worse \x1b[31m")
    assert [notice.details["rejected"] for notice in box.told] == [2, 5]
    assert "worse \\x1b[31m: see `acctship deadletter list siem`" in box.told[-1].message
    assert len(list(box.letters.read())) == 7


def test_too_many_halt_the_output_and_keep_nothing_more(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    box.reject(1)
    monkeypatch.setattr(dead_letters, "MOST_BYTES", 10)
    with pytest.raises(HaltError, match="its dead letters have reached"):
        box.reject(1)
    assert len(list(box.letters.read())) == 1
