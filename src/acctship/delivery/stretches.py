"""What one output gets of a chunk, cut so that each part fits into a batch; and batches put together of such parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, cast

import numpy as np

from acctship.delivery.canaries import Canaries
from acctship.delivery.following.chunk import Chunk
from acctship.delivery.keeping.acknowledged import Piece
from acctship.delivery.sending.cutting import cut
from acctship.delivery.sending.parcel import Parcel
from acctship.deployed import Deployed
from acctship.events.batch import EventBatch
from acctship.events.names import Names


class Stretch(NamedTuple):
    """Events that go into one batch together, and what is done when they are settled.

    Attributes:
        piece: the part of the segment that they stand for, with the records that are filtered between them.
        lines: the events as JSON.
        times_ns: of each.
    """

    piece: Piece
    lines: Sequence[bytes]
    times_ns: Sequence[int]


def stretches(
    chunk: Chunk, deployed: Deployed, names: Names, canaries: Canaries | None = None, draft: Draft | None = None
) -> Iterator[Stretch]:
    """Filter and cut a chunk for one output. Together the pieces cover it, without a gap.

    The first one is cut to what fits into a draft: or a chunk a little larger than a batch would make a small one each.
    """
    total = len(chunk.records)
    kept: Sequence[int] = range(total)
    wanted = None if deployed.where is None or not total else deployed.where.mask(chunk.records, names)
    own = None if canaries is None else canaries.mask(chunk)
    if own is not None:
        wanted = ~own if wanted is None else wanted & ~own
    if wanted is not None:
        kept = np.flatnonzero(wanted).tolist()
    if not kept:
        piece = Piece(chunk.segment, chunk.start, chunk.place(total), total, total, chunk.skipped, settled=True)
        yield Stretch(piece, (), ())
        return
    events = chunk.events(deployed.omit)
    if len(kept) < total:
        events = events.select(kept)
    begin, offset = 0, chunk.start
    begun = (0, 0) if draft is None else (draft.events, draft.bytes)
    for part in cut(events, deployed.limits.batch_events, deployed.limits.batch_bytes, begun):
        end = kept[part.stop] if part.stop < len(kept) else total  # filtered records behind belong to the part
        records, skipped = end - begin, 0 if begin else chunk.skipped
        piece = Piece(chunk.segment, offset, chunk.place(end), records, records - len(part), skipped)
        begin, offset = end, piece.place.offset
        yield Stretch(piece, events.json()[part.start : part.stop], events.times_ns[part.start : part.stop])


class Draft:
    """A batch under construction.

    Args:
        deployed: whose limits it keeps to.

    Attributes:
        events: in it.
        bytes: of them.
    """

    def __init__(self, deployed: Deployed) -> None:
        self._limits = deployed.limits
        self._stretches: list[Stretch] = []
        self.events = self.bytes = 0

    @property
    def full(self) -> bool:
        """Nothing more fits."""
        return self.events >= self._limits.batch_events or self.bytes >= self._limits.batch_bytes

    def fits(self, stretch: Stretch) -> bool:
        """Tell whether the stretch may go into the same batch."""
        if not self.events:
            return True
        size = self.bytes + sum(map(len, stretch.lines))
        return self.events + len(stretch.lines) <= self._limits.batch_events and size <= self._limits.batch_bytes

    def add(self, stretch: Stretch) -> None:
        """Put it behind the others."""
        self._stretches.append(stretch)
        self.events += len(stretch.lines)
        self.bytes += sum(map(len, stretch.lines))

    def parcel(self) -> Parcel:
        """The batch; its token is the stretches' pieces, each with its number of events. The draft is empty then."""
        parts, self._stretches, self.events, self.bytes = self._stretches, [], 0, 0
        lines = [line for part in parts for line in part.lines]
        times = [time for part in parts for time in part.times_ns]
        return Parcel(EventBatch.from_json(lines, times), [(part.piece, len(part.lines)) for part in parts])


def rejected_by_piece(parcel: Parcel, rejected: Mapping[int, str]) -> Iterator[tuple[Piece, int]]:
    """Each piece of a parcel that a draft made, with the number of its events that were rejected."""
    parts = cast(Sequence[tuple[Piece, int]], parcel.token)
    first = 0
    for piece, events in parts:
        yield piece, sum(first <= at < first + events for at in rejected)
        first += events
