"""Delivery as the host does it, without its waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from acctship.delivery.sending.cutting import cut
from acctship.delivery.sending.parcel import Parcel
from acctship.delivery.sending.patience import BOUNDED
from acctship.delivery.sending.worker import Worker
from acctship.deployed import Deployed
from acctship.events.batch import EventBatch


@dataclass
class Delivered:
    """What a delivery came to.

    Attributes:
        acknowledged: how many events the output said were delivered.
        rejected: id and reason of each event that the receiver will never take.
        failure: why the output was given up, if it was.
    """

    acknowledged: int = 0
    rejected: dict[str, str] = field(default_factory=dict)
    failure: BaseException | None = None


def deliver(
    deployed: Deployed, batches: Iterable[EventBatch], between: Callable[[float], None] = lambda _seconds: None
) -> Delivered:
    """Build an output, hand it batches through the host's own machinery, and close it.

    Args:
        deployed: the output.
        batches: what to deliver; they are cut to its limits.
        between: called with the seconds that the host would wait before it tries again or goes on; it waits no longer.

    Raises:
        ConfigError: the output cannot be built.
        PluginError: the output cannot be built.
    """
    done, time = Delivered(), _Hurried(between)

    def dead_letter(letters: Sequence[tuple[bytes, str]]) -> None:
        for line, why in letters:
            done.rejected[EventBatch.from_json([line]).ids[0]] = why

    worker = Worker(
        deployed,
        deployed.build(),
        patience=BOUNDED,
        settled=lambda _parcel, _rejected: None,
        dead_letter=dead_letter,
        report=lambda _notice: None,
        clock=lambda: time.now,
        wait=time.wait,
    )
    worker.start()
    for batch in batches:
        for part in cut(batch, deployed.limits.batch_events, deployed.limits.batch_bytes):
            worker.put(Parcel(batch.select(part)))
    worker.drain()
    worker.stop(0)
    done.acknowledged, done.failure = worker.tally.delivered, worker.tally.failure
    return done


class _Hurried:
    """A clock that goes on only while somebody waits for a time: then it is that time at once."""

    def __init__(self, between: Callable[[float], None]) -> None:
        self.now, self._between = 0.0, between

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        if seconds is None:
            condition.wait()
            return
        self._between(seconds)
        self.now += seconds
        condition.notify_all()
