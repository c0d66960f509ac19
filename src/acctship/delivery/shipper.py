"""One output of the daemon: reads ahead of its cursor, fills batches, and moves the cursor behind what is settled."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Literal

from acctship.delivery.checkpoints import EVERY, checkpoints
from acctship.delivery.feed import Feed, Shared
from acctship.delivery.keeping.acknowledged import HEALTH, AcknowledgedRun, Piece
from acctship.delivery.keeping.cursors import Cursor
from acctship.delivery.notice import Notice
from acctship.delivery.place import NOT_WANTED, Place
from acctship.delivery.sending.parcel import Parcel
from acctship.delivery.sending.worker import Worker
from acctship.delivery.stretches import rejected_by_piece
from acctship.deployed import Deployed
from acctship.events.escape import escape_line

SAVE = 1.0
"""Seconds between two writes of a cursor, at least."""

Settled = Callable[[Parcel, Mapping[int, str]], None]


class Shipper:
    """Feeds the worker of one output, on a thread of its own, and owns its cursor.

    Args:
        deployed: the output.
        cursor: where it stands.
        shared: what it has in common with the others.
        save: writes the cursor durably; may raise OSError.
        make_worker: gives the worker, told what to call when a parcel is settled.
        until: sizes of the segments beyond which nothing is read; without it, whatever comes is shipped, for ever.
        clock: seconds, for tests.

    Attributes:
        failure: what ended the thread, if anything did; a bug.
        kept: how far the cursor on disk has got in each segment; replaced as a whole when that is another.
        passed: records that the cursor has passed, those of them that were filtered, delivered and rejected.
        finished: with `until`, or after `finish`: all is shipped that can be at present, and the cursor is on disk.
    """

    def __init__(
        self,
        deployed: Deployed,
        cursor: Cursor,
        shared: Shared,
        *,
        save: Callable[[Cursor], None],
        make_worker: Callable[[Settled], Worker],
        until: Mapping[str, int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.deployed, self.finished = deployed, False
        self.failure: BaseException | None = None
        self.passed = [0, 0, 0, 0]
        self.kept: Mapping[str, Place] = cursor.reached()
        self._cursor, self._shared, self._until = cursor, shared, until
        self._write, self._clock = save, clock
        self._run = AcknowledgedRun()
        self.worker = make_worker(self._on_settled)
        self._feed = Feed(deployed, cursor, shared, self._run, until=until, clock=clock)
        self._settled: deque[tuple[Parcel, Mapping[int, str]]] = deque()
        self._changed = threading.Condition()
        self._news = True
        self._lost: set[str] = set()  # segments that are told to be, and of which something is still on its way
        self._stopping = self._told_last = self._look_for_lost = False
        self._unsaved, self._saved_at, self._disk_full = True, float("-inf"), True  # it is not known yet
        self._proven = False
        self._checkpoint_at = clock() + EVERY
        self._thread = threading.Thread(target=self._main, name=f"acctship-{deployed.name}", daemon=True)

    def start(self, wait: float = 0.0) -> None:
        """Begin; the cursor is on disk before anything is sent, and that is not before so many seconds have passed."""
        self.worker.start(wait)
        self._thread.start()

    def wake(self) -> None:
        """There is something new to read."""
        with self._changed:
            self._news = True
            self._changed.notify()

    def look_for_lost(self) -> None:
        """Report, when there is time, what can never be shipped because its files are gone."""
        self._look_for_lost = True
        self.wake()

    def finish(self) -> None:
        """Read no more records; `at_rest` tells when those that were read, and the health events, have gone."""
        self._until = self._feed.until = {}
        self.finished = False
        self.wake()

    @property
    def at_rest(self) -> bool:
        """Whether nothing more is to be expected of it soon: it has finished, or its receiver takes nothing."""
        return self.finished or self.failure is not None or self.worker.state != "sending"

    def stop(self, seconds: float) -> bool:
        """Send no more, wait so long for answers, and write the cursor.

        Returns:
            whether all that was sent has been answered, and the cursor is on disk.
        """
        self._stopping = True
        self.wake()
        self._thread.join()
        answered = self.worker.stop(seconds)
        self._advance()
        return self._save() and answered

    def _on_settled(self, parcel: Parcel, rejected: Mapping[int, str]) -> None:
        with self._changed:
            self._settled.append((parcel, rejected))
            self._news = True
            self._changed.notify()

    def _main(self) -> None:
        try:
            while not self._stopping:
                self._advance()
                if self._is_saved() and self._feed.step(self.worker):
                    continue
                self._report_lost()
                if not self._checkpoint():
                    self.finished = self._is_complete()
                    self._wait()
        except BaseException as error:  # noqa: BLE001 - a thread that ends in silence would lose what comes
            self.failure = error

    def _wait(self) -> None:
        """Until something happens, or there is something to do again."""
        now = self._clock()
        linger = self._feed.linger()
        ends = [self._checkpoint_at - now, *([self._saved_at + SAVE - now] if self._unsaved else [])]
        if self._feed.blocked:
            self.worker.wait_for_room(max(0.0, min(*ends, SAVE)))
            return
        with self._changed:
            if not self._news:
                self._changed.wait(max(0.0, min(ends if linger is None else [*ends, linger])))
            self._news = False

    def _is_complete(self) -> bool:
        """With `until`: tell whether all is shipped that shall be, or can be, and written down."""
        if self._until is None or not (self.worker.tally.failure is not None or (self._feed.idle and not self._run)):
            return False
        if not self._told_last:  # a last checkpoint, which the output shall still get
            self._told_last = True
            self._tell(heartbeat=True)
            self.wake()
            return False
        return self._save()

    def _advance(self) -> None:
        """Move the cursor behind the longest settled run."""
        while self._settled:
            parcel, rejected = self._settled.popleft()
            for piece, count in rejected_by_piece(parcel, rejected):
                self._run.settle(piece, rejected=count)
        for piece in self._run.advance():
            if piece.key != HEALTH:
                self._count(piece)
            self._cursor.advance(piece)
            self._unsaved = True
            self._end_old_outages()

    def _end_old_outages(self) -> None:
        """Something was settled: what ailed this output when acctship ran before is over."""
        if not self._proven:
            self._proven, name = True, self.deployed.name
            for action in ("output-halted", "output-unreachable"):
                self._shared.report(
                    Notice(action, f"outputs.{name}: takes events again", "end", name, {"output": name})
                )

    def _count(self, piece: Piece) -> None:
        if piece.key not in self._cursor.places:
            self._cursor.begin(piece.key, Place())
        counts = piece.records, piece.filtered, piece.sent, piece.rejected
        self.passed = [before + more for before, more in zip(self.passed, counts, strict=True)]

    def _is_saved(self) -> bool:
        """See that the cursor on disk is no older than a second: nothing is sent while it is."""
        if self._unsaved and self._clock() >= self._saved_at + SAVE:
            return self._save()
        return not self._disk_full

    def _save(self) -> bool:
        self._saved_at = self._clock()
        try:
            self._write(self._cursor)
        except OSError as error:
            self._disk_full = True
            self._tell_disk("start", f"cannot be written: {error.strerror}: nothing is sent until it can be")
            return False
        self._unsaved, self.kept = False, self._cursor.reached()
        if self._disk_full:
            self._disk_full = False
            self._tell_disk("end", "can be written again")
        pending = self._cursor.pending
        if pending and all(map(self._shared.report.record, map(str.encode, pending))):
            self._cursor.pending, self._unsaved = [], True
        return True

    def _tell_disk(self, phase: Literal["start", "end"], what: str) -> None:
        name = self.deployed.name
        self._shared.report(
            Notice("state-unwritable", f"outputs.{name}: its cursor {what}", phase, name, {"output": name})
        )

    def _report_lost(self) -> None:
        """Tell what can never be shipped; what has been read of it is on its way, and may still arrive."""
        if not self._look_for_lost:
            return
        self._look_for_lost = False
        name = self.deployed.name
        for segment, unread in self._shared.follower.lost(self._feed.places):
            place = self._feed.places.get(segment.key, Place())
            self._shared.report(
                Notice(
                    "records-lost",
                    f"outputs.{name}: {unread} bytes of segment {segment.id} will never be shipped: its file is gone "
                    f"(it was {', '.join(map(escape_line, segment.paths))})",
                    details={"output": name, "segment": segment.id, "begin": place.offset, "end": segment.size},
                )
            )
            self._feed.places[segment.key] = Place(NOT_WANTED)
            self._lost.add(segment.key)
        for key in [key for key in self._lost if not (self._run.holds(key) or self._feed.holds(key))]:
            self._tell(heartbeat=True)
            self._cursor.begin(key, Place(NOT_WANTED))
            self._unsaved = True
            self._lost.discard(key)

    def _checkpoint(self) -> bool:
        """Tell of what has been done, where it is time to; True if there was something to tell."""
        due = self._clock() >= self._checkpoint_at
        if due:
            self._checkpoint_at = self._clock() + EVERY
        open_segments = [entry for entry in self._cursor.places.values() if not entry.closed]
        return (due or len(open_segments) > 1) and self._tell(heartbeat=due)

    def _forget(self) -> None:
        """Let go of segments that no file holds and nobody remembers."""
        known = {entry.key for entry in self._shared.follower.entries()}
        for key in () if self._run else self._cursor.places.keys() - known:
            del self._cursor.places[key]
            self._feed.places.pop(key, None)

    def _tell(self, *, heartbeat: bool) -> bool:
        self._forget()
        told = checkpoints(self.deployed.name, self._cursor, self._shared.follower, heartbeat=heartbeat)
        self._cursor.pending += [self._shared.report.line(notice).decode() for notice in told]
        return bool(told) and self._save()
