"""How far one output has got, and what became of the records since the last checkpoint."""

from __future__ import annotations

from msgspec import Struct

from acctship.delivery.keeping.acknowledged import HEALTH, Piece
from acctship.delivery.keeping.documents import Document
from acctship.delivery.place import NOT_WANTED, Place


class Entry(Struct, forbid_unknown_fields=True):
    """How far an output has got in one segment.

    Attributes:
        offset: bytes of the segment that are settled, as in `Place`.
        check: as in `Place`.
        since: offset from which on the counts hold: that of the last checkpoint.
        records: records between `since` and `offset`.
        sent: those of them that the output acknowledged.
        filtered: those that `where` kept from it.
        rejected: those that went to the dead letters.
        skipped: bytes between `since` and `offset` that are no record.
        closed: the segment has ended, and a checkpoint has said so.
    """

    offset: int
    check: int
    since: int
    records: int
    sent: int
    filtered: int
    rejected: int
    skipped: int
    closed: bool

    @property
    def place(self) -> Place:
        """Where to go on."""
        return Place(self.offset, self.check)


class Counts(Struct, frozen=True):
    """What a checkpoint says: `records` = `sent` + `filtered` + `rejected`.

    Attributes:
        begin: offset of the first byte that it is about, where the checkpoint before it ended.
        end: offset behind the last one.
        records: records between the two.
        sent: those of them that the output acknowledged.
        filtered: those that `where` kept from it.
        rejected: those that went to the dead letters.
        skipped: bytes between the two that are no record.
    """

    begin: int
    end: int
    records: int
    sent: int
    filtered: int
    rejected: int
    skipped: int


class Cursor(Document):
    """How far one output has got.

    A checkpoint neither gets lost nor counts twice: `checkpoint` resets the counts and its line goes to `pending`;
    one write saves both; then the line goes to the journal; then `pending` is emptied, and the next write saves that.
    After a crash, what is in `pending` goes to the journal again, with the same `event.id`.

    Attributes:
        places: how far in each segment, by its key.
        health: offset in the health journal.
        pending: health lines, as JSON, that are to go to the journal.
    """

    places: dict[str, Entry]
    health: int
    pending: list[str]

    def reached(self) -> dict[str, Place]:
        """How far in each segment."""
        return {key: entry.place for key, entry in self.places.items()}

    def begin(self, key: str, place: Place) -> None:
        """Start in a segment; whatever was known of it is forgotten."""
        closed = place.offset == NOT_WANTED
        self.places[key] = Entry(place.offset, place.check, place.offset, 0, 0, 0, 0, 0, closed=closed)

    def advance(self, piece: Piece) -> None:
        """Pass a settled piece.

        Raises:
            KeyError: nothing has begun in this segment.
            ValueError: the piece is not settled, or does not begin where the cursor is.
        """
        if not piece.settled:
            raise ValueError(f"{piece.key}: the piece up to {piece.place.offset} is not settled")
        if piece.key == HEALTH:
            self.health = piece.place.offset
            return
        entry = self.places[piece.key]
        if piece.begin != entry.offset:
            raise ValueError(f"{piece.key}: a piece from {piece.begin} on does not follow {entry.offset}")
        entry.offset, entry.check = piece.place.offset, piece.place.check
        entry.records += piece.records
        entry.sent += piece.sent
        entry.filtered += piece.filtered
        entry.rejected += piece.rejected
        entry.skipped += piece.skipped
        entry.closed = False

    def checkpoint(self, key: str, *, final: bool = False) -> Counts:
        """Take the counts of a segment, which begin anew.

        Args:
            key: of the segment.
            final: the segment has ended.

        Raises:
            KeyError: nothing has begun in this segment.
        """
        entry = self.places[key]
        counts = Counts(
            entry.since, entry.offset, entry.records, entry.sent, entry.filtered, entry.rejected, entry.skipped
        )
        entry.since, entry.closed = entry.offset, final
        entry.records = entry.sent = entry.filtered = entry.rejected = entry.skipped = 0
        return counts
