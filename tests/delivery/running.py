"""An engine in this process, over files that the test writes, with outputs that stand in for faults."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from acctship import EventBatch, HaltError, SendResult
from acctship.delivery.engine import Engine
from acctship.delivery.keeping.state import State
from acctship.delivery.sending.patience import FOR_EVER, Patience
from acctship.delivery.task import Task
from acctship.deployed import Deployed
from acctship.events.identity import Machine
from acctship.events.names import Names, no_name
from acctship.events.source import Source
from tests.delivery.following.followed import numbered
from tests.delivery.standins import deploy

MACHINE = Machine("web1", "0" * 32)
PATIENCE = 20.0


class Sink:
    """An output that keeps what it takes, and does what it is told to do at each send."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.before: Callable[[EventBatch], SendResult | None] = lambda _batch: None

    def open(self) -> None:
        """Nothing to do."""

    def send(self, batch: EventBatch, /) -> SendResult:
        result = self.before(batch) or SendResult()

        for at, line in enumerate(batch.json()):
            if at not in result.rejected and at not in result.retry:
                self.events.append(json.loads(line))
        return result

    def close(self) -> None:
        """Nothing to do."""

    @property
    def pids(self) -> list[int]:
        return [event["process"]["pid"] for event in self.events if "process" in event]

    def health(self, action: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"]["action"] == action]


def oldest(sink: Sink, name: str = "sink", **limits: Any) -> Deployed:
    """An output that wants all that is there, and lets no event wait for others."""
    return replace(deploy(lambda: sink, name=name, linger=0.0, **limits), start="oldest")


def halt(_batch: EventBatch) -> SendResult:
    """What a sink does whose set-up is wrong."""
    raise HaltError("bad token")


class Running:
    """An engine that ticks on a thread of its own."""

    def __init__(
        self, folder: Path, outputs: list[Deployed], *, patience: Patience = FOR_EVER, canary: float = 0.0
    ) -> None:
        self.path, self.log = folder / "pacct", list[str]()
        self.path.touch()
        source = Source("a test", MACHINE, str(self.path))
        task = Task(
            path=str(self.path),
            source=source,
            names=Names(no_name, no_name),
            outputs=outputs,
            layout=None,
            to_present_end=False,
            patience=patience,
            canary=canary,
        )
        self.state = State.open(folder / "state", MACHINE, accept_loss=False)
        self.engine = Engine(task, self.state, self.log.append)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._tick)

    def _tick(self) -> None:
        while not self._ending.is_set():
            self.engine.tick()
            self._ending.wait(0.02)

    def append(self, *numbers: int) -> None:
        with self.path.open("ab") as file:
            file.write(numbered(*numbers))

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for a condition; fail if it does not come true."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"never came true: {what}; {self.log}"
            self._ending.wait(0.01)

    def start(self) -> None:
        self.engine.start()
        self._thread.start()

    def stop(self) -> bool:
        self._ending.set()
        self._thread.join()
        return self.engine.stop("the test ends")


@contextmanager
def running(folder: Path, *outputs: Deployed, **options: Any) -> Iterator[Running]:
    """An engine, from its start to its orderly end."""
    run = Running(folder, list(outputs), **options)
    run.start()
    try:
        yield run
    finally:
        run.stop()
