"""The daemon's parts, put together: one follower, one journal, and a shipper for each output, over one state folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from acctship._version import __version__
from acctship.delivery.clock import ClockWatch
from acctship.delivery.feed import Shared
from acctship.delivery.following.follower import Follower
from acctship.delivery.following.segments import SegmentEntry
from acctship.delivery.keeping.cursors import Cursor
from acctship.delivery.keeping.letterbox import Letterbox
from acctship.delivery.keeping.state import State
from acctship.delivery.notice import Notice
from acctship.delivery.place import NOT_WANTED
from acctship.delivery.reporting import Reporter
from acctship.delivery.sending import patience
from acctship.delivery.sending.patience import Patience
from acctship.delivery.sending.worker import Worker
from acctship.delivery.shipper import Shipper
from acctship.deployed import Deployed
from acctship.errors import AcctshipError, OutputError
from acctship.events.escape import escape_line
from acctship.events.names import Names
from acctship.events.source import Source
from acctship.records import Layout

STOPPING = 10.0
"""Seconds to wait for answers at the end."""
_ANSWERS, _CHORES = 0.02, 1.0
_SAVE, _SAVE_SIZES, _LOOK_FOR_LOST = 1.0, 60.0, 60.0


@dataclass(frozen=True)
class Task:
    """What to ship.

    Attributes:
        path: the accounting file, where the kernel writes it.
        source: where its records come from.
        names: tells names of users and groups.
        outputs: where to deliver.
        layout: of the records, where a person knows better than the file.
        to_present_end: end when all that is there at the start is shipped; otherwise never.
        patience: what to do with an output that fails.
    """

    path: str
    source: Source
    names: Names
    outputs: Sequence[Deployed]
    layout: Layout | None
    to_present_end: bool
    patience: Patience


class Engine:
    """Follows one accounting file into all outputs. `tick` is to be called five times a second, by one thread.

    Args:
        task: what to ship.
        state: the state folder, locked; it is closed by `stop`.
        log: takes a line for people.

    Raises:
        StateError: the state folder is damaged.
        ConfigError: an output cannot be built.
        PluginError: an output cannot be built.
    """

    def __init__(self, task: Task, state: State, log: Callable[[str], None]) -> None:
        self.task, self._state, self._log = task, state, log
        self._journal = state.open_journal()
        self._health = self._journal.end
        self.report = Reporter(self._journal, task.source, log)
        known = state.load_segments(SegmentEntry)
        self._follower = Follower(task.path, task.source, task.names, known, self.report, layout=task.layout)
        self._clock = ClockWatch(self.report)
        self._saved: object = None
        self._changed = True
        self._saved_at = self._looked_at = self._chores_at = float("-inf")
        self._tell_start()
        self._end_old_outages()
        self._save_segments(time.monotonic())
        until = self._follower.finish() if task.to_present_end else None
        shared = Shared(self._follower, self._journal, task.names, self.report)
        cursors = [self._cursor(deployed) for deployed in task.outputs]
        self.shippers = [
            Shipper(
                deployed, cursor, shared, save=self._saver(deployed), make_worker=self._maker(deployed), until=until
            )
            for deployed, cursor in zip(task.outputs, cursors, strict=True)
        ]
        self.report.wake = self._wake

    def start(self, *, splay: bool = False) -> None:
        """Begin to ship; with `splay`, each output after a random part of its own."""
        for shipper in self.shippers:
            wait = patience.splay(shipper.deployed.limits.splay) if splay else 0.0
            shipper.start(wait)
            if wait:
                self._log(f"outputs.{shipper.deployed.name}: is first opened in {wait:.0f} s (splay)")

    def tick(self) -> bool:
        """Look whether there is anything new, and keep what has to be remembered.

        Returns:
            Whether there was anything to do: if not, `failure` and `finished` need not be asked.
        """
        now = time.monotonic()
        if now < self._chores_at and not self._follower.stirs():
            return self.task.to_present_end  # which ends at any moment; otherwise this is all that rest costs
        if self._follower.poll():
            self._changed = True
            self._wake()
        if now >= self._chores_at:
            self._do_chores(now)
        return True

    def _do_chores(self, now: float) -> None:
        self._chores_at = now + _CHORES
        self._clock.look()
        self.report.retry()
        self._save_segments(now)
        if now >= self._looked_at + _LOOK_FOR_LOST:
            self._looked_at = now
            for shipper in self.shippers:
                shipper.look_for_lost()

    @property
    def finished(self) -> bool:
        """With `to_present_end`: every output has all that was there, or has been given up."""
        return all(shipper.finished for shipper in self.shippers)

    @property
    def failure(self) -> AcctshipError | None:
        """Why the daemon cannot go on, for whoever starts it anew; None if it can."""
        for shipper in self.shippers:
            name, error = shipper.deployed.name, shipper.failure
            if error is not None:
                failure = OutputError(f"outputs.{name}: a bug in acctship: {error!r} (--debug shows where)")
                failure.__cause__ = error
                return failure
            if shipper.worker.gone is not None:
                return OutputError(f"outputs.{name}: {shipper.worker.gone}")
        return None

    def stop(self, why: str) -> bool:
        """Read no more, wait for answers, write down where each output stands.

        Returns:
            whether every batch on its way has been answered, and all is written down.
        """
        self.report(Notice("shipper-stopped", f"shipping stops: {why}"))
        end = time.monotonic() + STOPPING
        for shipper in self.shippers:
            shipper.finish()
        while time.monotonic() < end and not all(shipper.at_rest for shipper in self.shippers):
            time.sleep(_ANSWERS)
        done = [shipper.stop(max(0.0, end - time.monotonic())) for shipper in self.shippers]
        self._follower.close()  # first: that it tells of a cut whose next record has not come belongs into the list
        self._changed = True
        saved = self._save_segments(float("inf"))
        self._journal.close()
        self._state.close()
        return all(done) and saved

    def _wake(self) -> None:
        for shipper in self.shippers:
            shipper.wake()

    def _tell_start(self) -> None:
        names = ", ".join(output.name for output in self.task.outputs)
        what = f"shipping starts: version {__version__}, {escape_line(self.task.path)} to {names}"
        self.report(Notice("shipper-started", what))
        for change in self._state.moved(self.task.source.machine):
            self.report(Notice("host-changed", f"{change}: events keep the source id {self._state.identity.source_id}"))
        self._state.remember(self.task.source.machine)
        for loss in self._state.losses:
            self.report(Notice("state-lost", f"state begun afresh (--accept-loss): {loss}"))
        for name in self._state.orphans([output.name for output in self.task.outputs]):
            self._log(
                f"outputs.{name}: is orphaned: it left the configuration, and holds nothing back; "
                f"`acctship outputs forget {name}` ends it"
            )

    def _end_old_outages(self) -> None:
        """End what was reported before acctship was started anew, and is no more."""
        follows = any(place.offset != NOT_WANTED for place in self._follower.present().values())
        names = [output.name for output in self.task.outputs]
        for action, about in self.report.open_outages():
            if action == "file-unreadable" and follows:
                self.report(Notice(action, f"{about}: is read again", "end", about))
            elif action.startswith("output-") and about not in names:
                self.report(Notice(action, f"outputs.{about}: left the configuration", "end", about))

    def _cursor(self, deployed: Deployed) -> Cursor:
        """Where an output goes on; a new one starts at the present, and says what that leaves out."""
        cursor = self._state.load_cursor(deployed.name)
        if cursor is not None:
            return cursor
        cursor = Cursor(places={}, health=self._health, pending=[])
        left_out = 0
        if deployed.start == "present":
            left_out = self._follower.unread({})
            for key, place in self._follower.present().items():
                cursor.begin(key, place)
        self._state.save_cursor(deployed.name, cursor)
        self.report(
            Notice(
                "output-added",
                f"outputs.{deployed.name}: new: starts at "
                + (f"the present, {left_out} bytes of records before it are left out" if left_out else "the beginning"),
                details={"output": deployed.name, "lag": left_out},
            )
        )
        return cursor

    def _saver(self, deployed: Deployed) -> Callable[[Cursor], None]:
        return lambda cursor: self._state.save_cursor(deployed.name, cursor)

    def _maker(self, deployed: Deployed) -> Callable[..., Worker]:
        output, keep = deployed.build(), Letterbox(deployed.name, self._state.dead_letters(deployed.name), self.report)
        return lambda settled: Worker(
            deployed,
            output,
            patience=self.task.patience,
            settled=settled,
            dead_letter=keep,
            report=self.report,
        )

    def _save_segments(self, now: float) -> bool:
        """Write down the segments where their files have changed, and now and then their sizes."""
        if not self._changed or now < self._saved_at + _SAVE:
            return True
        entries = self._follower.entries()
        shape = [(entry.key, entry.measured, entry.paths) for entry in entries]
        if shape == self._saved and now < self._saved_at + _SAVE_SIZES:
            return True
        self._saved_at, self._changed = now, False
        try:
            self._state.save_segments(entries)
        except OSError as error:
            message = f"{self._state.directory}: the list of segments cannot be written: {error.strerror}"
            self.report(Notice("state-unwritable", message, "start", "segments.json"))
            self._changed = True
            return False
        self._saved = shape
        self.report(Notice("state-unwritable", "the list of segments can be written again", "end", "segments.json"))
        return True
