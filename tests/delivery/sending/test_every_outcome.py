"""Whatever an output does, the service ends up with one outcome for each event, and tells it once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings, strategies as st

from acctship import EventBatch, HaltError, RetryableError, SendResult, TooLargeError
from tests.delivery.standins import Watched, deploy, events

ERRORS = (
    RetryableError("busy"),
    RetryableError("busy", retry_after=9999),
    ConnectionResetError(104, "reset"),
    TooLargeError("too large"),
    HaltError("halted"),
    RuntimeError("a bug"),
    SystemExit(0),
)
FATES = st.lists(st.sampled_from(("take", "take", "reject", "retry")), min_size=1, max_size=6)
STEPS = st.lists(st.one_of(FATES, FATES, st.sampled_from(range(len(ERRORS))), st.none()), max_size=25)
DISK = st.lists(st.sampled_from((None, OSError(28, "full"), HaltError("has reached 100 MB"))), max_size=8)


class Receiver:
    """Does what a list of steps says: a number is an error to raise, None is to be returned, a list tells what becomes
    of the events of a batch in turn. In the end it takes everything."""

    def __init__(self, steps: list[Any]) -> None:
        self._steps, self._lock = steps, threading.Lock()
        self.first_sends: list[str] = []
        self.taken: Counter[str] = Counter()
        self.again: list[str] = []

    def open(self) -> None: ...
    def close(self) -> None: ...

    def send(self, batch: EventBatch, /) -> SendResult | None:
        with self._lock:
            self.first_sends += [one for one in batch.ids if one not in self.first_sends]
            self.again += [one for one in batch.ids if one in self.taken]
            step = self._steps.pop(0) if self._steps else ["take"]
            if step is None:
                return None
            if isinstance(step, int):
                raise ERRORS[step]
            fates = [step[at % len(step)] for at in range(len(batch))]
            self.taken.update(one for one, fate in zip(batch.ids, fates, strict=True) if fate == "take")
            return SendResult(
                {at: "never" for at, fate in enumerate(fates) if fate == "reject"},
                [at for at, fate in enumerate(fates) if fate == "retry"],
                pause=len(batch),
            )


@settings(max_examples=300, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=12),
    steps=STEPS,
    disk=DISK,
    in_flight=st.integers(1, 3),
    batch_events=st.integers(1, 10),
)
def test_every_event_is_settled_once_as_delivered_or_as_a_dead_letter(
    sizes: list[int], steps: list[Any], disk: list[Exception | None], in_flight: int, batch_events: int
) -> None:
    whole, batches, start = events(sum(sizes)), [], 0
    for size in sizes:
        batches.append(whole[start : start + size])
        start += size
    receiver, letters, faults = Receiver(list(steps)), list[str](), list(disk)

    def keep(rows: Sequence[tuple[bytes, str]]) -> None:
        if faults and (error := faults.pop(0)) is not None:
            raise error
        letters.extend(EventBatch.from_json([row for row, _ in rows]).ids)

    deployed = deploy(lambda: receiver, in_flight=in_flight, batch_events=batch_events)
    watched = Watched(deployed, dead_letter=keep).deliver(*batches)

    settled = [one for parcel, _ in watched.settled for one in parcel.batch.ids]
    dead = [parcel.batch.ids[at] for parcel, rejected in watched.settled for at in rejected]
    assert sorted(settled) == sorted(whole.ids)
    assert sorted(dead) == sorted(letters)
    assert len(set(letters)) == len(letters)
    assert set(receiver.taken) | set(letters) == set(whole.ids)
    assert not set(receiver.taken) & set(letters)
    assert receiver.taken.total() == len(receiver.taken)
    assert receiver.again == []
    assert watched.counts == (len(receiver.taken), len(letters), 0)
    if in_flight == 1:
        assert receiver.first_sends == list(whole.ids)
    assert [phase for _, phase in watched.told] == ["start", "end"] * (len(watched.told) // 2) + ["start"] * (
        len(watched.told) % 2
    )
