"""Deliver parcels to one output, and do with each outcome what the contract says."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

from acctship.delivery.notice import Report, one_line
from acctship.delivery.sending.connection import Connection
from acctship.delivery.sending.outage import Outage
from acctship.delivery.sending.outbox import Outbox, Wait
from acctship.delivery.sending.outcomes import Refusal, attempt, reason
from acctship.delivery.sending.parcel import Parcel, Part, Unsettled
from acctship.delivery.sending.patience import Patience, back_off
from acctship.delivery.sending.rejections import STREAK, DeadLetter, Rejections
from acctship.delivery.sending.setbacks import Setbacks
from acctship.delivery.sending.tally import Tally
from acctship.deployed import Deployed
from acctship.errors import HaltError
from acctship.output import Output, SendResult

LONGEST_RETRY = 3600.0
"""Seconds for which events may be sent again while others pass."""
FEWEST_PASSED = 5
"""How often others must have passed them: the output may have been away for most of the hour."""

_log = logging.getLogger("acctship")


class Worker:
    """Sends what is put in, on `in_flight` threads, until each event is delivered or a dead letter.

    Args:
        deployed: the output.
        output: its first object, not opened yet.
        patience: when to give it up, if ever.
        settled: called once for each parcel when all of its events have an outcome, with position and reason of those
            that are dead letters; from any of the threads.
        dead_letter: keeps rejected events; never called twice at the same time.
        report: told of outages; never called twice at the same time.
        clock: seconds that never go backwards.
        wait: how to wait for a condition.

    Attributes:
        tally: what became of the events so far.
        gone: why this worker has stopped for good, and its process had better end: too many outputs hung, or a
            callback raised what it must not.
    """

    def __init__(
        self,
        deployed: Deployed,
        output: Output,
        *,
        patience: Patience,
        settled: Callable[[Parcel, Mapping[int, str]], None],
        dead_letter: DeadLetter,
        report: Report,
        clock: Callable[[], float] = time.monotonic,
        wait: Wait = threading.Condition.wait,
    ) -> None:
        self.deployed, self.tally = deployed, Tally()
        self.gone: BaseException | None = None
        self._patience, self._settled, self._clock = patience, settled, clock
        self._connection = Connection(deployed, output)
        self._outage = Outage(deployed.name, report, clock)
        self._outbox = Outbox(deployed.limits.in_flight + 1, clock, wait)
        self._setbacks = Setbacks(patience, self._outbox, self._outage, self._end)
        self._rejections = Rejections(dead_letter, self._setbacks)
        self._lock = threading.Lock()
        self._last_delivery, self._begins, self._deaf = -math.inf, -math.inf, False

    @property
    def state(self) -> Literal["waiting", "sending", "retrying", "halted", "stopped"]:
        """What it does at present; `waiting` is for its turn at start-up, see `start`."""
        if self._outbox.closed:
            return "stopped"
        return "waiting" if self._clock() < self._begins else self._outage.state

    @property
    def last_error(self) -> str:
        """What went wrong last, as a harmless line; empty if nothing has."""
        return self._outage.last_error

    @property
    def last_delivery(self) -> float | None:
        """When an event was delivered last, by `clock`; None if none has been."""
        return self._last_delivery if self._last_delivery > -math.inf else None

    def start(self, wait: float = 0.0) -> None:
        """Begin to send; not before so many seconds have passed, if other machines start at the same time."""
        if wait:
            self._begins = self._clock() + wait
            self._outbox.hold(wait)
        for number in range(self.deployed.limits.in_flight):
            name = f"acctship-{self.deployed.name}-{number}"
            threading.Thread(target=self._run, name=name, daemon=True).start()

    def put(self, parcel: Parcel) -> None:
        """Take a parcel, once there is room for it; returns at once, and takes nothing, when it sends no more."""
        with self._lock:
            self.tally.taken += len(parcel.batch)
        if len(parcel.batch):
            self._outbox.put(Part.of(parcel))
        else:
            self._settled(parcel, {})

    def room(self) -> bool:
        """Tell whether `put` would take a parcel without waiting."""
        return self._outbox.has_room()

    def wait_for_room(self, timeout: float) -> bool:
        """As `room`, but wait up to so many seconds until it is so; False at once when it sends no more."""
        return self._outbox.has_room(timeout)

    def drain(self) -> bool:
        """Wait until all that was put is settled; False if it stopped before, or the output was given up."""
        return self._outbox.drain()

    def stop(self, seconds: float) -> bool:
        """Begin no send any more, wait so many seconds for answers and close the output, also one that still sends.

        Nothing is settled afterwards: what is not settled by then is to be sent again one day.

        Returns:
            Whether all that was under way was answered.
        """
        self._outbox.close()
        answered = self._outbox.wait_for_those_under_way(seconds)
        self._deaf = True
        self._connection.close()
        return answered

    def _run(self) -> None:
        try:
            while (part := self._outbox.take()) is not None:
                again = [part]
                try:
                    again = self._deliver(part)
                finally:
                    self._outbox.finish(part, again)
        except BaseException as error:  # noqa: BLE001 - nobody would see a thread end
            _log.error("outputs.%s: delivery ended: %s: %s", self.deployed.name, type(error).__name__, reason(error))
            _log.debug("outputs.%s: delivery ended", self.deployed.name, exc_info=error)
            self._end(error)

    def _end(self, error: BaseException) -> None:
        """Send nothing any more."""
        with self._lock:
            if self._patience.attempts is None:
                self.gone = self.gone or error
            else:
                self.tally.failure = self.tally.failure or error
        self._outbox.close()

    def _deliver(self, part: Part) -> list[Part]:
        """Send a part once; gives what to send again before all others."""
        began = self._setbacks.round
        outcome = attempt(lambda: self._connection.send(part.batch), len(part))
        if self._deaf:
            again = [part]
        elif isinstance(outcome, SendResult):
            again = self._answered(part, outcome, began)
        elif outcome.means == "smaller":
            again = self._halve(part, outcome.error)
        elif outcome.means == "later":
            again = self._later(part, outcome, began)
        else:
            again = self._halt(part, outcome, began)
        self._settle(part.whole)
        return again

    def _settle(self, whole: Unsettled) -> None:
        with self._lock:
            due = whole.left == 0 and not whole.settled and not self._deaf
            whole.settled |= due
        if due:
            self._settled(whole.parcel, whole.rejected)

    def _answered(self, part: Part, result: SendResult, began: int) -> list[Part]:
        delivered = len(part) - len(result.rejected) - len(result.retry)
        with self._lock:
            self.tally.delivered += delivered
            part.whole.left -= delivered
            if delivered:
                self._last_delivery = self._clock()
        if delivered:
            self._rejections.end_streak()
        if delivered or (result.rejected and self._outage.state != "halted"):
            self._setbacks.over(began)
        if pause := self._patience.bounded(result.pause):
            self._outbox.hold(pause)
        again = self._reject(part, result.rejected, in_a_row=not delivered)
        if result.retry:
            rest = part.select(result.retry)
            if len(rest) < len(part):
                rest = replace(rest, attempts=0)
            elif part.since is None or self._outage.state != "sending":
                self._outage.retrying(f"it wants {len(rest)} events again", 0)
            again += self._put_aside(rest, f"it wants {len(rest)} events again")
        return again

    def _halve(self, part: Part, error: BaseException) -> list[Part]:
        if len(part) == 1:
            return self._reject(part, {0: f"too large: {reason(error)}"}, in_a_row=True)
        middle = len(part) // 2
        return [part.select(range(middle)), part.select(range(middle, len(part)))]

    def _later(self, part: Part, refusal: Refusal, began: int) -> list[Part]:
        self._setbacks.retry(refusal.error, refusal.asked, began)
        if part.since is not None:
            return self._put_aside(part, reason(refusal.error))
        with self._lock:
            self.tally.retries += 1
        return [part]

    def _put_aside(self, part: Part, why: str) -> list[Part]:
        """Let others pass a part that is to be sent again; when they have for long enough, it is rejected."""
        with self._lock:
            self.tally.retries += 1
            now = self._clock()
            part = part.again(now, self._last_delivery)
        if part.passed >= FEWEST_PASSED and now - (part.since or now) >= LONGEST_RETRY:
            why = f"retried for an hour while others passed: {why}"
            return self._reject(part, dict.fromkeys(range(len(part)), why), in_a_row=False)
        if self._setbacks.too_many(part.attempts, why):
            return [part]
        self._outbox.put_aside(part, back_off(part.attempts))
        return []

    def _halt(self, part: Part, refusal: Refusal, began: int) -> list[Part]:
        error, why, section = refusal.error, reason(refusal.error), "halted-set-up"
        if self._patience.attempts is None and refusal.means == "bug":
            why, section = f"a bug in {self.deployed.found.plugin.package}: {type(error).__name__}: {why}", "halted-bug"
            _log.error("outputs.%s: %s", self.deployed.name, why)
            _log.debug("outputs.%s: a bug", self.deployed.name, exc_info=error)
        if self._connection.gone is not None:
            self._outage.halted(why, "nothing is sent until acctship starts anew", "halted-hung")
            self._end(self._connection.gone)
        else:
            self._setbacks.halt(error, why, began, section)
        return [part]

    def _reject(self, part: Part, rejected: Mapping[int, str], *, in_a_row: bool) -> list[Part]:
        """Make dead letters of some events; gives those that the receiver shall be asked for again."""
        if not rejected:
            return []
        positions = sorted(rejected)
        believed = self._rejections.admit(len(positions)) if in_a_row else len(positions)
        reasons = {at: one_line(rejected[at]) for at in positions[:believed]}
        if reasons:
            lines = part.batch.json()
            if not self._rejections.keep([(lines[at], why) for at, why in reasons.items()]):
                return [part.select(positions)]
            with self._lock:
                self.tally.rejected += believed
                part.whole.left -= believed
                part.whole.rejected.update({part.positions[at]: why for at, why in reasons.items()})
        if believed == len(positions):
            return []
        why = f"{STREAK} events in a row were rejected, the last one: {one_line(rejected[positions[believed]])}"
        self._setbacks.halt(HaltError(why), why, self._setbacks.round, "halted-rejections")
        return [part.select(positions[believed:])]
