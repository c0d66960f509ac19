"""Whatever an output does, each record ends up delivered, rejected or undelivered, and is counted once."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from hypothesis import given, settings, strategies as st

from acctship import EventBatch, HaltError, RetryableError, SendResult, TooLargeError
from tests.delivery.standins import deliver, events

ERRORS = (
    RetryableError("busy"),
    RetryableError("busy", retry_after=5),
    ConnectionResetError(104, "reset"),
    TooLargeError("too large"),
    HaltError("halted"),
    RuntimeError("a bug"),
    SystemExit(0),
)
FATES = st.lists(st.sampled_from(("take", "take", "take", "reject", "retry")), min_size=1, max_size=6)
STEPS = st.lists(st.one_of(FATES, FATES, FATES, st.sampled_from(range(len(ERRORS))), st.none()), max_size=12)


class Receiver:
    """Stands in for a receiver that keeps what it takes, and does what a list of steps says.

    A step is the number of an error to raise, None to return None, or what becomes of the events of a batch in turn.
    """

    def __init__(self, steps: list[Any]) -> None:
        self._steps, self._lock = steps, threading.Lock()
        self.taken: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()

    def open(self) -> None: ...
    def close(self) -> None: ...

    def send(self, batch: EventBatch, /) -> SendResult | None:
        with self._lock:
            step = self._steps.pop(0) if self._steps else ["take"]
            if step is None:
                return None
            if isinstance(step, int):
                raise ERRORS[step]
            rejected, retry = {}, []
            for at, one in enumerate(batch.ids):
                fate = step[at % len(step)]
                if fate == "take":
                    self.taken[one] += 1
                elif fate == "reject":
                    self.rejected[one] += 1
                    rejected[at] = "never"
                else:
                    retry.append(at)
            return SendResult(rejected, retry)


@settings(max_examples=300, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    steps=STEPS,
    in_flight=st.integers(1, 3),
    batch_events=st.integers(1, 10),
)
def test_every_record_is_counted_once(sizes: list[int], steps: list[Any], in_flight: int, batch_events: int) -> None:
    whole, batches, start = events(sum(sizes)), [], 0
    for size in sizes:
        batches.append(whole[start : start + size])
        start += size
    receiver = Receiver(list(steps))
    outcome = deliver(receiver, *batches, in_flight=in_flight, batch_events=batch_events)
    tally = outcome.tally
    assert sum(outcome.counts) == len(whole)
    assert tally.delivered == len(receiver.taken) == receiver.taken.total()
    assert set(receiver.rejected) <= set(outcome.rejected)
    assert tally.rejected == len(outcome.rejected)
    assert not set(receiver.taken) & set(outcome.rejected)
    assert (tally.undelivered == 0) or tally.failure is not None
    assert tally.complete == (tally.delivered == len(whole) and tally.failure is None)
    assert set(whole.ids) >= set(receiver.taken) | set(outcome.rejected)
