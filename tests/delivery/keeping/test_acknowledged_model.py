"""Cursor and acknowledged run together, against a model: segments grow, pieces settle in any order, and it crashes."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import msgspec
from hypothesis import settings, strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from acctship.delivery.keeping.acknowledged import HEALTH, AcknowledgedRun, Piece
from acctship.delivery.keeping.cursors import Counts, Cursor
from acctship.delivery.place import Place

SIZE = 64
CRASHES = ["", "", "", "before the save", "before the journal", "behind the journal"]


class Stretch(NamedTuple):
    """Bytes of a segment: one record, or junk."""

    begin: int
    end: int
    record: bool


@dataclass(frozen=True, eq=False)
class Handed:
    """A piece on its way, the records in it that are to be sent, and the life of the program in which it was handed."""

    piece: Piece
    records: list[tuple[str, int]]
    life: int


class Line(NamedTuple):
    """What a checkpoint says, as it stands in the journal."""

    number: int
    key: str
    counts: Counts


class OneOutput(RuleBasedStateMachine):
    handed = Bundle("handed")

    @initialize(start=st.integers(0, 5))
    def start(self, start: int) -> None:
        self.segments: dict[str, list[Stretch]] = {}
        self.journal: dict[int, Line] = {}  # an `event.id` that comes again says the same
        self.health_lines = 0
        self.outcomes: dict[tuple[str, int], str] = {}  # the last one: none comes behind the one that counts
        self.life = self.numbers = 0
        self.cursor = Cursor({}, 0, [])
        self.first: dict[str, int] = {}
        self.new_segment()
        self.grow(start, 0)
        self.cursor.begin("s0", Place(start * SIZE))
        self.first["s0"] = start * SIZE
        self.save()
        self.recover()

    def recover(self) -> None:
        """What a start does: load the cursor as it was saved, and append to the journal what may be missing there."""
        self.cursor = msgspec.json.decode(self.saved, type=Cursor)
        self.publish()
        self.run = AcknowledgedRun()
        self.life += 1
        self.read_to = {key: entry.offset for key, entry in self.cursor.places.items()}
        self.health_to = self.cursor.health
        self.unsettled: dict[str, list[int]] = defaultdict(list)

    def publish(self) -> None:
        for text in self.cursor.pending:
            line = msgspec.json.decode(text, type=Line)
            assert self.journal.setdefault(line.number, line) == line
        self.cursor.pending.clear()

    @rule()
    def new_segment(self) -> None:
        self.segments[f"s{len(self.segments)}"] = []

    @rule(records=st.integers(1, 6), junk=st.integers(0, 10))
    def grow(self, records: int, junk: int) -> None:
        """The newest segment grows: junk, then records."""
        stretches = list(self.segments.values())[-1]
        end = stretches[-1].end if stretches else 0
        if junk:
            stretches.append(Stretch(end, end + junk, record=False))
            end += junk
        stretches += [Stretch(end + at * SIZE, end + (at + 1) * SIZE, record=True) for at in range(records)]

    @rule(most=st.integers(1, 5), filters=st.lists(st.booleans(), min_size=5, max_size=5), target=handed)
    def read(self, most: int, filters: list[bool]) -> Handed | None:
        """Hand the output the next records of the oldest segment that has some."""
        for key, stretches in self.segments.items():
            if key not in self.cursor.places:
                self.cursor.begin(key, Place())
            at = self.read_to.setdefault(key, self.cursor.places[key].offset)
            self.first.setdefault(key, 0)
            if unread := [stretch for stretch in stretches if stretch.begin >= at][:most]:
                return self.hand(key, unread, filters)
        return None

    def hand(self, key: str, unread: list[Stretch], filters: list[bool]) -> Handed:
        records = [stretch.begin for stretch in unread if stretch.record]
        wanted = [offset for offset, filtered in zip(records, filters, strict=False) if not filtered]
        begin, end = unread[0].begin, unread[-1].end
        piece = Piece(
            key,
            begin,
            Place(end, end % 1000),
            records=len(records),
            filtered=len(records) - len(wanted),
            skipped=sum(stretch.end - stretch.begin for stretch in unread if not stretch.record),
            settled=not wanted,
        )
        self.run.add(piece)
        self.read_to[key] = end
        self.unsettled[key] += wanted
        for offset in set(records) - set(wanted):
            self.outcomes[key, offset] = "filtered"
        return Handed(piece, [(key, offset) for offset in wanted], self.life)

    @rule(target=handed)
    def read_health(self) -> Handed:
        """Hand the output a line of the health journal, which has as many as it takes."""
        self.health_lines = max(self.health_lines, self.health_to + 1)
        piece = Piece(HEALTH, self.health_to, Place(self.health_to + 1), records=1)
        self.run.add(piece)
        self.unsettled[HEALTH].append(self.health_to)
        self.health_to += 1
        return Handed(piece, [(HEALTH, self.health_to - 1)], self.life)

    @rule(handed=consumes(handed), rejected=st.integers(0, 5))
    def settle(self, handed: Handed | None, rejected: int) -> None:
        if handed is None or handed.life != self.life or not handed.records:
            return
        rejected = min(rejected, len(handed.records))
        self.run.settle(handed.piece, rejected=rejected)
        for at, (key, offset) in enumerate(handed.records):
            self.unsettled[key].remove(offset)
            self.outcomes[key, offset] = "rejected" if at < rejected else "sent"

    @rule(most=st.integers(1, 5), rejected=st.integers(0, 2), data=st.data())
    def deliver(self, most: int, rejected: int, data: st.DataObject) -> None:
        """All that it takes for a segment to be passed, for a checkpoint about nothing tells nothing."""
        self.grow(most, junk=rejected * 3)
        self.settle(self.read(most, [False] * 5), rejected)
        self.advance()
        self.checkpoint(data, "")

    @rule()
    def advance(self) -> None:
        for piece in self.run.advance():
            self.cursor.advance(piece)

    @rule()
    def save(self) -> None:
        self.saved = msgspec.json.encode(self.cursor)

    @rule(data=st.data(), crashes=st.sampled_from(CRASHES))
    def checkpoint(self, data: st.DataObject, crashes: str) -> None:
        key = data.draw(st.sampled_from(sorted(self.cursor.places)))
        counts = self.cursor.checkpoint(key)
        self.numbers += 1
        self.cursor.pending.append(msgspec.json.encode(Line(self.numbers, key, counts)).decode())
        if crashes != "before the save":
            self.save()
            if crashes != "before the journal":
                self.publish()
        if crashes:
            self.recover()

    @rule()
    def crash(self) -> None:
        self.recover()

    @invariant()
    def cursor_has_passed_nothing_that_is_unsettled(self) -> None:
        for key, offsets in self.unsettled.items():
            reached = self.cursor.health if key == HEALTH else self.cursor.places[key].offset
            assert all(offset >= reached for offset in offsets)

    @invariant()
    def everything_behind_the_cursor_has_an_outcome(self) -> None:
        for key, entry in self.cursor.places.items():
            for stretch in self.segments[key]:
                if stretch.record and self.first[key] <= stretch.begin < entry.offset:
                    assert (key, stretch.begin) in self.outcomes
        assert all((HEALTH, offset) in self.outcomes for offset in range(self.cursor.health))

    @invariant()
    def checkpoints_join_without_gap_or_overlap_and_add_up(self) -> None:
        for key, stretches in self.segments.items():
            at = self.first.get(key, 0)
            for line in sorted(self.journal.values()):
                if line.key != key:
                    continue
                counts = line.counts
                assert counts.begin == at
                at = counts.end
                within = [stretch for stretch in stretches if counts.begin <= stretch.begin < counts.end]
                became = Counter(self.outcomes[key, stretch.begin] for stretch in within if stretch.record)
                assert counts.records == became.total()
                assert (counts.sent, counts.filtered) == (became["sent"], became["filtered"])
                assert counts.rejected == became["rejected"]
                assert counts.skipped == counts.end - counts.begin - counts.records * SIZE

    @invariant()
    def settled_neighbours_are_one(self) -> None:
        pieces: list[Piece] = []
        piece = self.run._first
        while piece is not None:
            pieces.append(piece)
            piece = piece._behind
        assert len(pieces) == len(self.run)
        for left, right in pairwise(pieces):
            assert not (left.settled and right.settled and left.key == right.key)
            assert right._before is left


OneOutput.TestCase.settings = settings(max_examples=400, stateful_step_count=40, deadline=None)
TestOneOutput = OneOutput.TestCase
