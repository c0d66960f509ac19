"""Outputs that stand in for faults which no real receiver gives on demand, and a way to deliver to them.

Real receivers are met in the tests of each output.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from acctship import Delivery, EventBatch, Output, OutputConfig, OutputSpec, SendResult
from acctship.delivery.worker import Tally, Worker
from acctship.deployed import Deployed
from acctship.plugins import Found, Plugin
from acctship.testing import events, events_of

__all__ = ["Delivered", "Scripted", "Step", "deliver", "deliver_to", "deploy", "events", "events_of"]

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
    make: Callable[[], object], *, name: str = "standin", omit: frozenset[str] = frozenset(), **limits: Any
) -> Deployed:
    """What the configuration would give for an output that is built by `make`."""
    spec = OutputSpec("standin", Config, "Stands in")
    found = Found(spec, Plugin("standin 1", "standin", (spec,), ()))
    return Deployed(name, "standin", Config(make=make), Delivery(**limits), omit, found)


@dataclass
class Delivered:
    """What a delivery came to."""

    tally: Tally
    rejected: dict[str, str] = field(default_factory=dict)
    slept: list[float] = field(default_factory=list)

    @property
    def counts(self) -> tuple[int, int, int]:
        return self.tally.delivered, self.tally.rejected, self.tally.undelivered


def deliver(output: object, *batches: EventBatch, **limits: Any) -> Delivered:
    """Hand batches to a worker of one output, which may be built again, and wait for their outcomes."""
    return deliver_to(deploy(lambda: output, **limits), *batches)


def deliver_to(deployed: Deployed, *batches: EventBatch) -> Delivered:
    outcome = Delivered(Tally())
    worker = Worker(deployed, deployed.build(), outcome.rejected.__setitem__, _checked(outcome.slept))
    for one in batches:
        worker.put(one)
    outcome.tally = worker.finish()
    worker.close()
    return outcome


def _checked(slept: list[float]) -> Callable[[float], None]:
    def sleep(seconds: float) -> None:
        if not seconds >= 0:
            raise ValueError("time.sleep() takes no such number")  # as the real one says
        slept.append(seconds)

    return sleep
