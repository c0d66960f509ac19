"""Deliver batches to one output, and do with each outcome what the contract says."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from queue import Queue

from acctship.delivery.connection import Connection
from acctship.deployed import Deployed
from acctship.errors import RetryableError, TooLargeError
from acctship.events.batch import EventBatch
from acctship.output import Output, SendResult

ATTEMPTS = 5
"""Attempts without progress before a bounded run gives an output up."""
LONGEST_PAUSE = 60.0
"""Seconds that a bounded run waits at most, whatever the receiver asks for."""
_QUEUED_BATCHES = 4


@dataclass
class Tally:
    """What became of the events for one output.

    Attributes:
        delivered: events that the output acknowledged.
        rejected: events that the receiver will never take.
        undelivered: events that were not delivered because the output was given up.
        retries: sends that had to be repeated.
        failure: why the output was given up.
    """

    delivered: int = 0
    rejected: int = 0
    undelivered: int = 0
    retries: int = 0
    failure: BaseException | None = None

    @property
    def complete(self) -> bool:
        """Nothing was rejected and nothing is undelivered."""
        return not (self.rejected or self.undelivered or self.failure)


class Worker:
    """Sends batches from a short queue, on `in_flight` threads.

    Args:
        deployed: the output.
        output: its first object, not opened yet.
        on_rejected: called with id and reason of each event that is rejected.
        sleep: waits some seconds, for tests.
    """

    def __init__(
        self,
        deployed: Deployed,
        output: Output,
        on_rejected: Callable[[str, str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.deployed, self.tally = deployed, Tally()
        self._connection = Connection(deployed, output)
        self._on_rejected, self._sleep = on_rejected, sleep
        self._batches: Queue[EventBatch | None] = Queue(_QUEUED_BATCHES)
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._run, name=f"acctship-{deployed.name}-{number}", daemon=True)
            for number in range(deployed.limits.in_flight)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, batch: EventBatch) -> None:
        """Take a batch, once there is room for it."""
        self._batches.put(batch)

    def finish(self) -> Tally:
        """Wait until all that was taken has an outcome."""
        for _ in self._threads:
            self._batches.put(None)
        for thread in self._threads:
            thread.join()
        return self.tally

    def close(self) -> None:
        """Close the output."""
        self._connection.close()

    def _run(self) -> None:
        while (batch := self._batches.get()) is not None:
            for part in _cut(batch, self.deployed.limits.batch_events, self.deployed.limits.batch_bytes):
                self._deliver(part)

    def _deliver(self, batch: EventBatch) -> None:
        """Block until every event of the batch has an outcome."""
        todo, attempts = [batch], 0
        while todo:
            part = todo.pop()
            if self.tally.failure is not None:
                self._count(undelivered=len(part))
                continue
            try:
                result = _checked(self._connection.send(part), len(part))
            except TooLargeError as error:
                todo += self._halves(part, error)
            except (RetryableError, OSError) as error:
                todo.append(part)
                attempts += 1
                self._back_off(attempts, error)
            except BaseException as error:  # noqa: BLE001 - HaltError, or a bug: a plugin may raise anything
                todo.append(part)
                self._give_up(error)
            else:
                rest = self._settle(part, result)
                if rest:
                    todo.append(rest)
                    attempts = attempts + 1 if len(rest) == len(part) else 1
                    self._back_off(attempts, RetryableError(f"{len(rest)} events are to be sent again"))
                else:
                    attempts = 0
                    if result.pause > 0:
                        self._sleep(_bounded(result.pause))

    def _settle(self, batch: EventBatch, result: SendResult) -> EventBatch:
        """Count what a send achieved; gives the events to send again."""
        for at, why in result.rejected.items():
            self._reject(batch[at : at + 1], why)
        self._count(delivered=len(batch) - len(result.rejected) - len(result.retry))
        return batch.select(result.retry)

    def _halves(self, batch: EventBatch, error: TooLargeError) -> list[EventBatch]:
        if len(batch) == 1:
            self._reject(batch, str(error))
            return []
        middle = len(batch) // 2
        return [batch[middle:], batch[:middle]]

    def _reject(self, event: EventBatch, why: str) -> None:
        self._count(rejected=1)
        self._on_rejected(event.ids[0], why)

    def _back_off(self, attempts: int, error: RetryableError | OSError) -> None:
        """Wait with full jitter, or as long as the receiver said; at the last attempt, give up."""
        self._count(retries=1)
        if attempts >= ATTEMPTS:
            self._give_up(RetryableError(f"{ATTEMPTS} attempts failed, the last one: {_reason(error)}"))
            return
        asked = error.retry_after if isinstance(error, RetryableError) else None
        jitter = random.uniform(0, 2.0 ** (attempts - 1))  # noqa: S311 - no secret depends on it
        self._sleep(_bounded(jitter if asked is None else asked))

    def _give_up(self, error: BaseException) -> None:
        with self._lock:
            self.tally.failure = self.tally.failure or error

    def _count(self, **numbers: int) -> None:
        with self._lock:
            for name, number in numbers.items():
                setattr(self.tally, name, getattr(self.tally, name) + number)


def _checked(result: object, length: int) -> SendResult:
    """See that a plugin answered as the contract says."""
    if not isinstance(result, SendResult):
        raise TypeError(f"send() returned {result!r}, not a SendResult")
    kinds: dict[str, tuple[type, ...]] = {"rejected": (Mapping,), "retry": (Sequence,), "pause": (int, float)}
    for name, kind in kinds.items():
        if not isinstance(getattr(result, name), kind):
            raise TypeError(f"send() returned {result!r}: {name} is of the wrong type")
    listed = [*result.rejected, *result.retry]
    if len(set(listed)) != len(listed) or not set(listed) <= set(range(length)):
        raise ValueError(f"send() of {length} events listed a position twice, or one that is none: {listed[:20]}")
    return result


def _bounded(seconds: float) -> float:
    """Seconds to wait, whatever a plugin made of what its receiver said."""
    return min(seconds, LONGEST_PAUSE) if seconds > 0 else 0.0


def _cut(batch: EventBatch, most_events: int, most_bytes: int) -> Iterator[EventBatch]:
    """Parts of a batch within both limits; an event above `most_bytes` goes alone."""
    start = size = 0
    for at, line in enumerate(batch.json()):
        size += len(line)
        if at > start and (size > most_bytes or at - start == most_events):
            yield batch[start:at]
            start, size = at, len(line)
    if start < len(batch):
        yield batch[start:]


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
