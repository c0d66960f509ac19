"""Outputs that stand in for faults which no real receiver gives on demand, and a way to deliver to them.

Real receivers are met in the tests of each output.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from acctship import Delivery, EventBatch, Output, OutputConfig, OutputSpec, SendResult
from acctship.delivery.notice import Notice, Report
from acctship.delivery.sending.cutting import cut
from acctship.delivery.sending.parcel import Parcel
from acctship.delivery.sending.patience import BOUNDED, FOR_EVER, Patience
from acctship.delivery.sending.rejections import DeadLetter
from acctship.delivery.sending.tally import Tally
from acctship.delivery.sending.worker import Worker
from acctship.deployed import Deployed
from acctship.events.where import Where
from acctship.plugins import Found, Plugin
from acctship.testing import events, events_of

__all__ = ["Scripted", "Step", "deliver", "deliver_to", "deploy", "events", "events_of"]

Step = Any
"""What one `send` does: raise this exception, return this, or call this with the batch and return the result."""


class Scripted:
    """Does one step after the other in `send`, and delivers when there is none left."""

    def __init__(self, *steps: Step, at_open: Sequence[BaseException | None] = ()) -> None:
        self.steps, self.at_open = list(steps), list(at_open)
        self.sent: list[list[str]] = []
        self.opened = self.closed = 0
        self._lock = threading.Lock()

    def open(self) -> None:
        self.opened += 1
        if self.at_open and (error := self.at_open.pop(0)) is not None:
            raise error

    def send(self, batch: EventBatch, /) -> SendResult:
        with self._lock:
            self.sent.append(list(batch.ids))
            step = self.steps.pop(0) if self.steps else SendResult()
        result: SendResult = step(batch) if callable(step) else step
        if isinstance(result, BaseException):
            raise result
        return result

    def close(self) -> None:
        self.closed += 1

    @property
    def sizes(self) -> list[int]:
        return list(map(len, self.sent))


class Config(OutputConfig, kw_only=True):
    """Builds what it is told to."""

    make: Any

    def output(self, limits: Delivery, /) -> Output:  # noqa: ARG002 - the host keeps to the limits
        made: Output = self.make()
        return made


def deploy(
    make: Callable[[], object],
    *,
    name: str = "standin",
    omit: frozenset[str] = frozenset(),
    where: Where | None = None,
    **limits: Any,
) -> Deployed:
    """What the configuration would give for an output that is built by `make`."""
    spec = OutputSpec("standin", Config, "Stands in")
    found = Found(spec, Plugin("standin 1", "standin", (spec,), ()))
    return Deployed(name, "standin", Config(make=make), Delivery(**limits), omit, found, where)


class Time:
    """A clock that goes on only while somebody waits for a time: then it is that time at once."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        if seconds is None:
            condition.wait()
            return
        if not 0 < seconds < threading.TIMEOUT_MAX:
            raise ValueError(f"nobody can wait for {seconds} s")
        self.slept.append(seconds)
        self.now += seconds
        condition.notify_all()


class RealTime(Time):
    """The system's clock, for tests of what several threads do at once."""

    def clock(self) -> float:
        return time.monotonic()

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        condition.wait(seconds)


class Watched:
    """A worker of one output, and all that it tells; its waits take no time, unless a test wants real ones."""

    def __init__(
        self,
        deployed: Deployed,
        patience: Patience = FOR_EVER,
        *,
        dead_letter: DeadLetter | None = None,
        report: Report | None = None,
        time: Time | None = None,
    ) -> None:
        self.settled: list[tuple[Parcel, dict[int, str]]] = []
        self.letters: list[tuple[bytes, str]] = []
        self.notices: list[Notice] = []
        self.time = time or Time()
        self.worker = Worker(
            deployed,
            deployed.build(),
            patience=patience,
            settled=lambda parcel, rejected: self.settled.append((parcel, dict(rejected))),
            dead_letter=dead_letter or self.letters.extend,
            report=report or self.notices.append,
            clock=self.time.clock,
            wait=self.time.wait,
        )

    def put(self, *batches: EventBatch) -> None:
        limits = self.worker.deployed.limits
        for one in batches:
            for part in cut(one, limits.batch_events, limits.batch_bytes):
                self.worker.put(Parcel(one.select(part), token=one))

    def deliver(self, *batches: EventBatch) -> Watched:
        """Start, and wait until the batches have an outcome."""
        self.worker.start()
        self.put(*batches)
        self.worker.drain()
        assert self.worker.stop(0)
        return self

    @property
    def tally(self) -> Tally:
        return self.worker.tally

    @property
    def counts(self) -> tuple[int, int, int]:
        return self.tally.delivered, self.tally.rejected, self.tally.undelivered

    @property
    def rejected(self) -> dict[str, str]:
        """Id and reason of each dead letter."""
        return {EventBatch.from_json([line]).ids[0]: why for line, why in self.letters}

    @property
    def slept(self) -> list[float]:
        return self.time.slept

    @property
    def told(self) -> list[tuple[str, str]]:
        """Action and phase of each notice."""
        return [(notice.action, notice.phase) for notice in self.notices]


def deliver(output: object, *batches: EventBatch, **limits: Any) -> Watched:
    """What a run that ends comes to, with one output, which may be built again."""
    return deliver_to(deploy(lambda: output, **limits), *batches)


def deliver_to(deployed: Deployed, *batches: EventBatch) -> Watched:
    return Watched(deployed, BOUNDED).deliver(*batches)


def serve(output: object, *batches: EventBatch, **limits: Any) -> Watched:
    """What the service comes to that never gives up, with one output, which may be built again."""
    return Watched(deploy(lambda: output, **limits)).deliver(*batches)


def wait_until(reached: Callable[[], bool], seconds: float = 30) -> None:
    """Look again and again until something is so; not for ever, and then a test goes on and fails."""
    end = time.monotonic() + seconds
    while not reached() and time.monotonic() < end:
        time.sleep(0.001)
