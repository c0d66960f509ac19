"""What comes next for one output: health events, then records, filtered, cut and put together to batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from acctship.delivery.canaries import Canaries
from acctship.delivery.following.follower import Follower
from acctship.delivery.health import time_ns
from acctship.delivery.keeping.acknowledged import HEALTH, AcknowledgedRun, Piece
from acctship.delivery.keeping.cursors import Cursor
from acctship.delivery.keeping.journal import Journal
from acctship.delivery.place import Place
from acctship.delivery.reporting import Reporter
from acctship.delivery.sending.worker import Worker
from acctship.delivery.stretches import Draft, Stretch, stretches
from acctship.deployed import Deployed
from acctship.events.names import Names


class _Head(msgspec.Struct):
    timestamp: str = msgspec.field(name="@timestamp")


_head = msgspec.json.Decoder(_Head).decode


class Shared(NamedTuple):
    """What all outputs have in common.

    Attributes:
        follower: gives the records.
        journal: gives the health events.
        names: tells names of users and groups, for filters.
        report: takes notices.
        canaries: tells which records are not shipped, for they are canaries'; None: all are.
    """

    follower: Follower
    journal: Journal
    names: Names
    report: Reporter
    canaries: Canaries | None = None


class Feed:
    """Reads ahead of the cursor of one output, and hands batches to its worker.

    Args:
        deployed: the output.
        cursor: where reading begins.
        shared: what it has in common with other outputs.
        run: gets each piece in the order in which the cursor shall pass it.
        until: sizes of the segments beyond which nothing is read; then no event waits for others.
        clock: seconds.

    Attributes:
        until: see above; it may be set later.
        places: how far each segment has been read.
        blocked: a batch is ready, and the worker has no room for it.
    """

    def __init__(
        self,
        deployed: Deployed,
        cursor: Cursor,
        shared: Shared,
        run: AcknowledgedRun,
        *,
        until: Mapping[str, int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._deployed, self._follower, self._journal, self._names = deployed, *shared[:3]
        self._canaries = shared.canaries
        self._run, self.until, self._clock = run, until, clock
        self.places = cursor.reached()
        self._health = cursor.health
        self._ready: Iterator[Stretch] = iter(())
        self._next: Stretch | None = None
        self._draft, self._due = Draft(deployed), 0.0
        self.blocked = False

    def step(self, worker: Worker) -> bool:
        """Read a little, or send a batch; False if there is nothing to do now, or no room for it."""
        if self._next is None:
            self._next = next(self._ready, None)
        if self._next is None:
            self._ready = self._read()
            self._next = next(self._ready, None)
        if self._is_due():
            self.blocked = not worker.room()
            if self.blocked:
                return False
            worker.put(self._draft.parcel())
            return True
        if self._next is None:
            return False
        self._take(self._next)
        self._next = None
        return True

    @property
    def idle(self) -> bool:
        """Nothing is read that has not been handed over, and nothing was left to read at the last step."""
        return self._next is None and not self._draft.events

    def holds(self, key: str) -> bool:
        """Whether something of a segment is read, and not in the run yet; after a step that had nothing to do."""
        return self._next is not None and self._next.piece.key == key

    def linger(self) -> float | None:
        """Seconds until the batch under construction has lingered enough; None if there is none."""
        return max(0.0, self._due - self._clock()) if self._draft.events else None

    def _is_due(self) -> bool:
        if not self._draft.events:
            return False
        if self._next is None:
            return self._draft.full or self.until is not None or self._clock() >= self._due
        return not self._draft.fits(self._next)

    def _take(self, stretch: Stretch) -> None:
        self._run.add(stretch.piece)
        if not stretch.lines:
            return
        if not self._draft.events:
            self._due = self._clock() + self._deployed.limits.linger
        self._draft.add(stretch)

    def _read(self) -> Iterator[Stretch]:
        if self._journal.end > self._health:
            return iter(self._health_events())
        chunk = self._follower.next(self.places, self.until)
        if chunk is None:
            return iter(())
        self.places[chunk.segment] = chunk.place(len(chunk.records))
        return stretches(chunk, self._deployed, self._names, self._canaries, self._draft)

    def _health_events(self) -> list[Stretch]:
        limits = self._deployed.limits
        begin = self._health
        found = self._journal.read(begin, limits.batch_bytes)[: limits.batch_events]
        if not found:
            return []
        self._health = found[-1][1]
        begins = [begin, *(end for _, end in found)]
        return [
            Stretch(Piece(HEALTH, begin, Place(end), records=1), [line], [time_ns(_head(line).timestamp)])
            for begin, (line, end) in zip(begins, found, strict=False)
        ]
