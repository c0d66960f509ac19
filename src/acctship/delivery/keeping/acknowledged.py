"""What of a sequence that was handed to an output is settled from its beginning on without a gap."""

from __future__ import annotations

from dataclasses import dataclass, field

from acctship.delivery.place import Place

HEALTH = "health"
"""Stands for the health journal where a segment's key is expected; lines that it had to drop leave gaps there."""


@dataclass(eq=False, slots=True)
class Piece:
    """A contiguous stretch of one segment, or lines of the health journal, handed to an output as one.

    Attributes:
        key: of the segment in the catalogue, or `HEALTH`.
        begin: offset of its first byte.
        place: the place behind it.
        records: records in it, or lines.
        filtered: how many of them `where` keeps from the output.
        skipped: bytes in it that are no record.
        rejected: records that went to the dead letters; known once it is settled.
        settled: no record of it needs to be sent any more. A piece with nothing to send is made so.
    """

    key: str
    begin: int
    place: Place
    records: int = 0
    filtered: int = 0
    skipped: int = 0
    rejected: int = 0
    settled: bool = False
    _before: Piece | None = field(default=None, init=False, repr=False)
    _behind: Piece | None = field(default=None, init=False, repr=False)

    @property
    def sent(self) -> int:
        """Records that the output acknowledged, once it is settled."""
        return self.records - self.filtered - self.rejected


class AcknowledgedRun:
    """The pieces that one output was handed and that its cursor has not passed yet, oldest first.

    Settled neighbours of one segment become one piece, so thousands that wait behind an unsettled one need no memory.
    Not safe to use from several threads.
    """

    def __init__(self) -> None:
        self._first: Piece | None = None
        self._last: Piece | None = None
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def holds(self, key: str) -> bool:
        """Whether a piece of a segment is on its way."""
        piece = self._first
        while piece is not None and piece.key != key:
            piece = piece._behind
        return piece is not None

    def add(self, piece: Piece) -> None:
        """Take the next piece.

        Raises:
            ValueError: it follows one of the same segment, and does not begin where that one ended.
        """
        last = self._last
        if last is not None and last.key == piece.key != HEALTH and last.place.offset != piece.begin:
            raise ValueError(f"{piece.key}: {piece.begin} does not follow {last.place.offset}")
        piece._before, self._last = last, piece
        if last is None:
            self._first = piece
        else:
            last._behind = piece
        self._length += 1
        self._merge(last, piece)

    def settle(self, piece: Piece, *, rejected: int = 0) -> None:
        """Note that every record of a piece has its outcome; the caller may not use the piece afterwards.

        Args:
            piece: one that was added.
            rejected: how many of its records went to the dead letters.

        Raises:
            ValueError: it is settled already, or has not so many records.
        """
        if piece.settled:
            raise ValueError(f"{piece.key}: the piece up to {piece.place.offset} is settled already")
        if not 0 <= rejected <= piece.records - piece.filtered:
            raise ValueError(f"{piece.key}: {rejected} rejected of {piece.records - piece.filtered}")
        piece.settled, piece.rejected = True, rejected
        self._merge(piece, piece._behind)
        self._merge(piece._before, piece)

    def advance(self) -> list[Piece]:
        """Let go of all pieces before the first unsettled one, settled neighbours as one."""
        passed: list[Piece] = []
        while self._first is not None and self._first.settled:
            piece = self._first
            passed.append(piece)
            self._remove(piece)
        return passed

    def _merge(self, left: Piece | None, right: Piece | None) -> None:
        """Make two neighbours one, the left one, if they may be."""
        if left is None or right is None or not (left.settled and right.settled and left.key == right.key):
            return
        left.place = right.place
        left.records += right.records
        left.filtered += right.filtered
        left.skipped += right.skipped
        left.rejected += right.rejected
        self._remove(right)

    def _remove(self, piece: Piece) -> None:
        before, behind = piece._before, piece._behind
        if before is None:
            self._first = behind
        else:
            before._behind = behind
        if behind is None:
            self._last = before
        else:
            behind._before = before
        piece._before = piece._behind = None
        self._length -= 1
