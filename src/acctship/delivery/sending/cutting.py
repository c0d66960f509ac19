"""Cut batches to the limits of an output."""

from __future__ import annotations

from collections.abc import Iterator

from acctship.events.batch import EventBatch


def cut(batch: EventBatch, most_events: int, most_bytes: int, begun: tuple[int, int] = (0, 0)) -> Iterator[range]:
    """Positions of the parts of a batch that keep to both limits, one part behind the other.

    Args:
        batch: the events; none gives no part.
        most_events: events in one part.
        most_bytes: bytes in one part, counted as JSON; a larger event goes alone.
        begun: events and bytes that the first part is to go with; if not even one event fits to them, it goes without.

    Example:
        >>> list(cut(EventBatch([]), 2000, 1_000_000))
        []
    """
    start, (events, size) = 0, begun
    for at, line in enumerate(batch.json()):
        events, size = events + 1, size + len(line)
        if events > 1 and (size > most_bytes or events > most_events):
            if at > start:
                yield range(start, at)
            start, events, size = at, 1, len(line)
    if start < len(batch):
        yield range(start, len(batch))
