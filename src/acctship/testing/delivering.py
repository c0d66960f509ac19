"""Delivery as the host does it, without its waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from acctship.delivery.worker import Worker
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
    done = Delivered()
    worker = Worker(deployed, deployed.build(), done.rejected.__setitem__, between)
    for batch in batches:
        worker.put(batch)
    tally = worker.finish()
    worker.close()
    done.acknowledged, done.failure = tally.delivered, tally.failure
    return done
