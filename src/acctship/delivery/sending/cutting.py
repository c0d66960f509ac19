"""Cut batches to the limits of an output."""

from __future__ import annotations

from collections.abc import Iterator

from acctship.events.batch import EventBatch


def cut(batch: EventBatch, most_events: int, most_bytes: int) -> Iterator[range]:
    """Positions of the parts of a batch that keep to both limits, one part behind the other.

    Args:
        batch: the events; none gives no part.
        most_events: events in one part.
        most_bytes: bytes in one part, counted as JSON; a larger event goes alone.

    Example:
        >>> list(cut(EventBatch([]), 2000, 1_000_000))
        []
    """
    start = size = 0
    for at, line in enumerate(batch.json()):
        size += len(line)
        if at > start and (size > most_bytes or at - start == most_events):
            yield range(start, at)
            start, size = at, len(line)
    if start < len(batch):
        yield range(start, len(batch))
