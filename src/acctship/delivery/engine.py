"""The daemon's parts, put together: one follower, one journal, and a shipper for each output, over one state folder."""

from __future__ import annotations

import time
from collections.abc import Callable

from acctship.accounting.canary import CanaryStatus
from acctship.delivery import starting
from acctship.delivery.canaries import known_canaries
from acctship.delivery.clock import ClockWatch
from acctship.delivery.feed import Shared
from acctship.delivery.following import holdings
from acctship.delivery.following.follower import LOOK_EVERY, Follower
from acctship.delivery.following.segments import SegmentEntry
from acctship.delivery.forced import EVERY as LOOK_FOR_FORCED, tell_forced
from acctship.delivery.keeping.cursors import Cursor
from acctship.delivery.keeping.letterbox import Letterbox
from acctship.delivery.keeping.state import State
from acctship.delivery.notice import Notice
from acctship.delivery.remembering import Remembering
from acctship.delivery.reporting import Reporter
from acctship.delivery.retaining import Retaining, seen_at
from acctship.delivery.sending import patience
from acctship.delivery.sending.worker import Worker
from acctship.delivery.shipper import Shipper
from acctship.delivery.status import StatusKeeper
from acctship.delivery.task import Task
from acctship.delivery.watch import Ground, Watch
from acctship.deployed import Deployed
from acctship.errors import AcctshipError, OutputError

STOPPING = 10.0
"""Seconds to wait for answers at the end."""
_ANSWERS, _CHORES = 0.02, 1.0
_LOOK_FOR_LOST = 60.0


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
        health = self._journal.end
        self.report = Reporter(self._journal, task.source, log)
        known = state.load_segments(SegmentEntry)
        self._follower = Follower(task.path, task.source, task.names, known, self.report, layout=task.layout)
        self._clock = ClockWatch(self.report)
        self._remembering = Remembering(state, self._follower, self.report)
        self._chores_at = self._forced_at = float("-inf")
        self._lost_at = time.monotonic() + holdings.SETTLED  # what was gone before the start is known to be lost then
        starting.tell_start(task, state, self.report, log)
        starting.end_old_outages(task, self._follower, self.report)
        self._remembering.look(time.monotonic())
        until = self._follower.finish() if task.to_present_end else None
        canaries = known_canaries(state.directory, self.report, begin=task.canary > 0)
        shared = Shared(
            self._follower, self._journal, task.names, self.report, None if task.ship_canaries else canaries
        )
        cursors = [
            starting.cursor_of(deployed, state, self._follower, self.report, health) for deployed in task.outputs
        ]
        self._watch = (
            Watch(Ground(task.path, task.canary, state.directory, task.names), self._follower, cursors, self.report)
            if task.canary > 0
            else None
        )
        self.shippers = [
            Shipper(
                deployed, cursor, shared, save=self._saver(deployed), make_worker=self._maker(deployed), until=until
            )
            for deployed, cursor in zip(task.outputs, cursors, strict=True)
        ]
        self.report.wake = self._wake
        standing = self._follower.standing
        self.status = StatusKeeper(
            state.directory,
            task.source.id,
            task.path,
            standing=standing,
            report=self.report,
            shippers=self.shippers,
            canary=self.canary_status,
        )
        self._retaining = Retaining(state.directory, standing, self.report, self.shippers)

    def start(self, *, splay: bool = False) -> None:
        """Begin to ship; with `splay`, each output after a random part of its own."""
        for shipper in self.shippers:
            wait = patience.splay(shipper.deployed.limits.splay) if splay else 0.0
            shipper.start(wait)
            if wait:
                self._log(f"outputs.{shipper.deployed.name}: is first opened in {wait:.0f} s (splay)")
        if self._watch is not None:
            self._watch.start()

    def canary_status(self) -> CanaryStatus | None:
        """How the canaries fare; None if there are none."""
        return None if self._watch is None else self._watch.status()

    def tick(self) -> bool:
        """Look whether there is anything new, and keep what has to be remembered.

        Returns:
            Whether there was anything to do: if not, `failure` and `finished` need not be asked.
        """
        now = time.monotonic()
        if now < self._chores_at and not self._follower.stirs():
            return self.task.to_present_end  # which ends at any moment; otherwise this is all that rest costs
        if self._follower.poll():
            self._remembering.note_change()
            self._wake()
            if self._watch is not None:
                self._watch.wake()
        if now >= self._chores_at:
            self._do_chores(now)
        return True

    def _do_chores(self, now: float) -> None:
        self._chores_at = now + _CHORES
        self._clock.look()
        self.report.retry()
        if self._watch is not None:
            self._watch.check()
        self._remembering.look(now)
        if now >= self._lost_at:
            self._lost_at = now + _LOOK_FOR_LOST
            for shipper in self.shippers:
                shipper.look_for_lost()
        if now >= self._forced_at:
            self._forced_at = now + LOOK_FOR_FORCED
            tell_forced(self._state.directory, self.report)
        self._retaining.look(now, seen_at(now, LOOK_EVERY))
        self.status.look(now)

    @property
    def finished(self) -> bool:
        """With `to_present_end`: every output has all that was there, or has been given up."""
        return all(shipper.finished for shipper in self.shippers)

    @property
    def failure(self) -> AcctshipError | None:
        """Why the daemon cannot go on, for whoever starts it anew; None if it can."""
        bugs = {f"outputs.{shipper.deployed.name}": shipper.failure for shipper in self.shippers}
        bugs["canary"] = None if self._watch is None else self._watch.failure
        for where, error in bugs.items():
            if error is not None:
                failure = OutputError(f"{where}: a bug in acctship: {error!r} (--debug shows where)")
                failure.__cause__ = error
                return failure
        for shipper in self.shippers:
            if shipper.worker.gone is not None:
                return OutputError(f"outputs.{shipper.deployed.name}: {shipper.worker.gone}")
        return None

    def stop(self, why: str) -> bool:
        """Read no more, wait for answers, write down where each output stands.

        Returns:
            whether every batch on its way has been answered, and all is written down.
        """
        if self._watch is not None:
            self._watch.stop()
        self.report(Notice("shipper-stopped", f"shipping stops: {why}"))
        end = time.monotonic() + STOPPING
        for shipper in self.shippers:
            shipper.finish()
        while time.monotonic() < end and not all(shipper.at_rest for shipper in self.shippers):
            time.sleep(_ANSWERS)
        done = [shipper.stop(max(0.0, end - time.monotonic())) for shipper in self.shippers]
        if self._chores_at > float("-inf"):
            self._retaining.look(float("inf"), seen_at(self._chores_at - _CHORES, LOOK_EVERY))
        self.status.look(float("inf"))
        self._follower.close()  # first: that it tells of a cut whose next record has not come belongs into the list
        self._remembering.note_change()
        saved = self._remembering.look(float("inf"))
        self._journal.close()
        self._state.close()
        return all(done) and saved

    def _wake(self) -> None:
        for shipper in self.shippers:
            shipper.wake()

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
