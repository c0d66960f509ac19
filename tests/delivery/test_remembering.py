"""`segments.json`: what is remembered of segments is on disk soon after it has changed."""

from __future__ import annotations

import errno
import os
from contextlib import closing
from pathlib import Path

import pytest

from acctship.delivery.following.segments import SegmentEntry
from acctship.delivery.keeping.state import State
from acctship.delivery.notice import Notice
from acctship.delivery.remembering import SAVE, SAVE_SIZES, Remembering
from tests.builders import SIZE
from tests.delivery.following.followed import Site, numbered
from tests.delivery.running import MACHINE


class Case:
    """A follower of three records, and what is kept of it."""

    def __init__(self, folder: Path, state: State) -> None:
        self.site, self.state, self.notices = Site(folder), state, list[Notice]()
        self.site.append(numbered(1, 2, 3))
        self.kept = Remembering(state, self.site.follower, self.notices.append)

    def grow(self) -> None:
        self.site.append(numbered(9))
        self.site.poll()
        self.kept.note_change()

    @property
    def sizes(self) -> list[int]:
        return [entry.size // SIZE for entry in self.state.load_segments(SegmentEntry)]


def test_file_is_told_at_once_and_its_size_within_a_minute(tmp_path: Path) -> None:
    with closing(State.open(tmp_path / "state", MACHINE, accept_loss=False)) as state:
        case = Case(tmp_path, state)
        assert case.kept.look(0.0)
        assert case.sizes == [3]
        case.grow()
        assert case.kept.look(SAVE)
        assert case.sizes == [3], "only a size has changed"
        case.site.path.rename(case.site.beside(".1"))
        case.grow()
        assert case.kept.look(2 * SAVE)
        assert case.sizes == [4, 1]
        case.grow()
        assert case.kept.look(2 * SAVE + SAVE_SIZES)
        assert case.sizes == [4, 2]
        case.site.stop()


def test_list_that_cannot_be_written_is_told_and_written_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(State.open(tmp_path / "state", MACHINE, accept_loss=False)) as state:
        case = Case(tmp_path, state)

        def refuse(_entries: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as full:
            full.setattr(state, "save_segments", refuse)
            assert not case.kept.look(0.0)
        assert case.sizes == []
        assert case.kept.look(SAVE)
        assert case.sizes == [3]
        case.site.stop()
    start, end = case.notices
    assert (start.action, start.phase, end.phase) == ("state-unwritable", "start", "end")
    assert "the list of segments cannot be written: No space left on device" in start.message
