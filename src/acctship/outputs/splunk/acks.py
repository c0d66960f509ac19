"""Indexer acknowledgements of one channel: which batches wait for theirs, and what asks for all of them at once.

Splunk counts the batches of a channel from 0 and forgets a number once it has said that it is true; after a restart it
has forgotten all, and counts from 0 again. A balancer that does not keep us at one indexer mixes the numbers of
several. So no number is believed that may be of another batch: neither one that is given twice, nor one that turns true
while a batch is on its way that may yet get it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import acctship
from acctship.network.deadline import Deadline
from acctship.outputs.splunk.transport import UnansweredError

SHORTEST, LONGEST = 1.0, 10.0
"""Seconds until a number is asked for again, at first and in the end; a question asks for all that are open."""
OFTEN = 8
"""Questions in the shortest of these times, at most: batches that follow each other closely are asked for together."""
FORGOTTEN = 30.0
"""Seconds that a number may stay false after an answer about it was lost: it may have said true, and forgotten it."""

Ask = Callable[[str, Sequence[int]], frozenset[int]]
"""Asks for numbers of a channel; gives those that are true."""


@dataclass(eq=False)
class Receipt:
    """A batch that waits for its acknowledgement.

    Attributes:
        number: of the batch, as the server counts.
        due: when to ask for it.
        pause: seconds until it is asked for again after that.
        end: when not to wait any longer.
        behind: batches that were on their way when its number turned true; None if it has not.
    """

    number: int
    due: float
    pause: float
    end: float
    behind: set[object] | None = None

    @property
    def is_true(self) -> bool:
        """Whether it is acknowledged beyond doubt."""
        return self.behind is not None and not self.behind


class Acks:
    """Acknowledgements of one channel; safe to use from several threads. Its own thread asks for those that are due.

    Args:
        ask: asks for numbers.
        peer: of whom, for messages.
        timeout: seconds to wait for an acknowledgement.

    Attributes:
        channel: its GUID.
    """

    def __init__(self, ask: Ask, peer: str, timeout: float) -> None:
        self.channel = str(uuid4())
        self._ask, self._peer, self._timeout = ask, peer, timeout
        lock = threading.RLock()
        self._changed = threading.Condition(lock)
        self._more_to_ask = threading.Condition(lock)  # its own: a new number is no news to all who wait for theirs
        self._posting: set[object] = set()
        self._waiting: dict[int, Receipt] = {}
        self._ended: Exception | None = None
        self._not_before, self._started = 0.0, False

    @contextmanager
    def posting(self) -> Iterator[None]:
        """While a batch is sent, and until its number is given to `register`."""
        one = object()
        with self._changed:
            self._posting.add(one)
        try:
            yield
        finally:
            with self._changed:
                self._posting.discard(one)
                behind = [receipt.behind for receipt in self._waiting.values() if receipt.behind]
                for those in behind:
                    those.discard(one)
                if not all(behind):
                    self._changed.notify_all()

    def register(self, number: int) -> Receipt:
        """A receipt for a number, which is asked for from now on.

        Raises:
            RetryableError: another batch waits for the same one, so neither may be believed; the channel has ended.
        """
        with self._changed:
            if self._ended is None and number in self._waiting:
                self._end(
                    acctship.RetryableError(
                        f"{self._peer}: gave the same ackId twice: it has begun anew, or a balancer mixes several "
                        "indexers: have it keep a client at one of them, by a cookie"
                    )
                )
            if self._ended is not None:
                raise self._ended
            now = time.monotonic()
            receipt = self._waiting[number] = Receipt(number, now + SHORTEST, SHORTEST, now + self._timeout)
            self._more_to_ask.notify()
            if not self._started:
                self._started = True
                threading.Thread(target=self._run, name="acctship-splunk-acks", daemon=True).start()
            return receipt

    def wait(self, receipt: Receipt, deadline: Deadline) -> None:
        """Wait until a batch is acknowledged.

        Raises:
            RetryableError: it is not known to be; it is to be sent again.
            HaltError: nobody will tell before a person has mended something.
        """
        with self._changed:
            try:
                while not receipt.is_true:
                    if self._ended is not None:
                        raise self._ended
                    left = min(receipt.end - time.monotonic(), _left(deadline))
                    if left <= 0:
                        raise acctship.RetryableError(f"{self._peer}: no acknowledgement in time; it is sent again")
                    self._changed.wait(left)
            finally:
                if self._waiting.get(receipt.number) is receipt:
                    del self._waiting[receipt.number]

    @property
    def ended(self) -> bool:
        """Whether no number of this channel is believed any more."""
        return self._ended is not None

    def end(self, error: Exception) -> None:
        """Believe no number any more: what waits fails with this error."""
        with self._changed:
            self._end(error)

    def _end(self, error: Exception) -> None:
        self._ended = self._ended or error
        self._changed.notify_all()
        self._more_to_ask.notify()

    def _run(self) -> None:
        while asked := self._due():
            try:
                self._note(asked, self._ask(self.channel, sorted(one.number for one in asked)))
            except acctship.HaltError as error:
                self.end(error)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is no acknowledgement
                self._put_off(asked, error)

    def _due(self) -> list[Receipt]:
        """Wait until some receipt is due; gives all that are not true. Empty at the end."""
        with self._changed:
            while self._ended is None:
                asked = [one for one in self._waiting.values() if one.behind is None]
                at = max(min((one.due for one in asked), default=0.0), self._not_before)
                now = time.monotonic()
                if asked and at <= now:
                    for one in asked:
                        if one.due <= now:
                            one.pause = min(2 * one.pause, LONGEST)
                            one.due = now + one.pause
                    self._not_before = now + SHORTEST / OFTEN
                    return asked
                self._more_to_ask.wait(at - now if asked else None)
            return []

    def _note(self, asked: Sequence[Receipt], true: frozenset[int]) -> None:
        with self._changed:
            for receipt in asked:
                if receipt.number in true:
                    receipt.behind = set(self._posting)
            self._changed.notify_all()

    def _put_off(self, asked: Sequence[Receipt], error: Exception) -> None:
        with self._changed:
            now = time.monotonic()
            self._not_before = now + min(max(getattr(error, "retry_after", None) or 0.0, SHORTEST), LONGEST)
            for receipt in asked if isinstance(error, UnansweredError) else ():
                receipt.end = min(receipt.end, now + FORGOTTEN)
            self._changed.notify_all()


def _left(deadline: Deadline) -> float:
    try:
        return deadline.left()
    except TimeoutError:
        return 0.0
