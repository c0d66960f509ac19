"""Whatever is done to the files, and whenever it is looked at: no record that a file kept is lost, or read twice."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from acctship.delivery.place import NOT_WANTED, Place
from tests.delivery.following.followed import COMPRESS, Reading, Site, numbered

FEW = st.integers(1, 5)


class Rotations(RuleBasedStateMachine):
    """Someone rotates the file in every way there is, two outputs read, the follower is stopped now and then.

    `kept` are the records of each file that is not live any more; `dropped` are those that are in no file now.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.site = Site(Path(self.folder.name))
        self.site.append(b"")
        self.live: list[int] = []
        self.kept: list[list[int]] = []
        self.plain: list[Path] = []
        self.dropped: set[int] = set()
        self.pid = self.files = 0
        self.site.follower.poll()
        self.outputs: list[Reading] = [self.site.output(), self.site.output()]

    def more(self, count: int) -> list[int]:
        self.pid += count
        return list(range(self.pid - count + 1, self.pid + 1))

    def beside(self) -> Path:
        self.files += 1
        return self.site.beside(f".{self.files}")

    @rule(count=FEW)
    def append(self, count: int) -> None:
        pids = self.more(count)
        self.site.append(numbered(*pids))
        self.live += pids

    @rule(late=st.integers(0, 3), count=FEW, looked=st.booleans(), missing=st.booleans())
    @precondition(lambda self: self.live)
    def rename(self, late: int, count: int, *, looked: bool, missing: bool) -> None:
        rotated = self.site.path.rename(self.beside())
        if not missing:
            self.site.append(b"")
        if looked:
            self.site.poll()
        pids = self.more(late)
        self.site.append(numbered(*pids), rotated)
        self.kept.append(self.live + pids)
        self.plain.append(rotated)
        self.live = self.more(count)
        self.site.append(numbered(*self.live))

    @rule(kind=st.sampled_from(sorted(COMPRESS)), looked=st.booleans())
    @precondition(lambda self: self.plain)
    def compress(self, kind: str, *, looked: bool) -> None:
        plain = self.plain.pop(0)
        if looked:
            made = COMPRESS[kind](plain.read_bytes())
            packed = plain.with_name(f"{plain.name}.{kind}")
            packed.write_bytes(made[: len(made) * 2 // 3])
            self.site.poll()
            self.outputs[0].step()
        self.site.compress(plain, kind)

    @rule()
    @precondition(lambda self: self.live)
    def copy_to_keep(self) -> None:
        self.beside().write_bytes(self.site.path.read_bytes())

    @rule()
    @precondition(lambda self: self.plain)
    def rename_again(self) -> None:
        self.plain[-1] = self.plain[-1].rename(self.beside())

    @rule(lost=st.integers(0, 2), looked=st.booleans())
    @precondition(lambda self: self.live)
    def copytruncate(self, lost: int, *, looked: bool) -> None:
        copy = self.beside()
        copy.write_bytes(self.site.path.read_bytes())
        self.kept.append(self.live)
        self.plain.append(copy)
        pids = self.more(lost)
        self.site.append(numbered(*pids))
        self.dropped.update(pids)
        if looked:
            self.site.poll()
            self.outputs[1].step()
        self.cut([])

    @rule(count=st.integers(0, 5))
    @precondition(lambda self: self.live)
    def truncate(self, count: int) -> None:
        self.dropped.update(self.live)
        self.cut(self.more(count))

    def cut(self, pids: list[int]) -> None:
        self.site.overwrite(numbered(*pids))
        self.live = pids

    @rule(output=st.integers(0, 1))
    def read(self, output: int) -> None:
        self.outputs[output].read()

    @rule(output=st.integers(0, 1))
    def read_a_step(self, output: int) -> None:
        self.outputs[output].step()

    @rule(seconds=st.sampled_from((0.2, 1.0, 11.0, 61.0)))
    def poll(self, seconds: float) -> None:
        self.site.poll(seconds)

    @rule()
    def restart(self) -> None:
        self.site.restart()

    @rule()
    def stop(self) -> None:
        self.site.stop()

    @invariant()
    def nothing_is_read_twice_or_out_of_order(self) -> None:
        for output in self.outputs:
            assert len(set(output.pids)) == len(output.pids)
            for chunk in output.chunks:
                assert not chunk.skipped

    def teardown(self) -> None:
        try:
            self.all_that_a_file_keeps_is_read()
        finally:
            self.site.stop()
            self.folder.cleanup()

    def all_that_a_file_keeps_is_read(self) -> None:
        self.append(1)  # else the file before an empty one goes on
        for seconds in (1, 11, 61):
            self.site.poll(seconds)
            for output in self.outputs:
                output.read()
        follower = self.site.follower
        there = {pid for pids in [*self.kept, self.live] for pid in pids}
        for output in self.outputs:
            for pids in [*self.kept, self.live]:
                assert [pid for pid in output.pids if pid in set(pids)] == pids
            assert set(output.pids) - there <= self.dropped
            assert follower.unread(output.places) == 0
            lost = {entry.key for entry, _ in follower.lost(output.places)}
            assert not lost or self.dropped
            for key in {entry.key for entry in follower.entries()} - lost:
                live = follower.present()[key].offset != NOT_WANTED
                offset = output.places.get(key, Place()).offset
                assert follower.ended(key, offset) is not live
        actions = {"truncated", "file-unreadable"} | ({"resynchronised"} if self.dropped else set())
        assert {notice.action for notice in self.site.notices} <= actions


Rotations.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestRotations = Rotations.TestCase
