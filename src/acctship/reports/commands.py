"""What each command's events cost, in bounded memory: processes choose their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

MOST = 8192
"""Names to keep; with more, the rarer half goes, and is counted together."""


class CommandCost(NamedTuple):
    """One command's share.

    Attributes:
        name: as recorded.
        events: how many.
        bytes: of their lines.
    """

    name: bytes
    events: int
    bytes: int


class Commands:
    """Counts all events by command, and the bytes of those that were made.

    Attributes:
        forgotten: events of names that were dropped for want of room. A name that comes back starts from 0.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._events: Counter[bytes] = Counter()
        self._made: Counter[bytes] = Counter()
        self._bytes: Counter[bytes] = Counter()
        self.forgotten = 0

    def count(self, names: Iterable[bytes]) -> None:
        """Take in the names of events."""
        self._events.update(names)
        if len(self._events) > self._most:
            self._forget()

    def measure(self, weight: int, names: Sequence[bytes], lines: Sequence[bytes]) -> None:
        """Take in the sizes of some that were counted; each stands for `weight` events of its name."""
        for name, line in zip(names, lines, strict=True):
            self._made[name] += weight
            self._bytes[name] += weight * (len(line) + 1)  # its newline

    def costliest(self, count: int, mean: float) -> list[CommandCost]:
        """The commands whose events take most bytes; where none of one was made, it has `mean` bytes an event."""
        costs = [CommandCost(name, events, self._cost(name, events, mean)) for name, events in self._events.items()]
        return sorted(costs, key=lambda cost: (-cost.bytes, cost.name))[:count]

    def _cost(self, name: bytes, events: int, mean: float) -> int:
        made = self._made[name]
        return round(events * (self._bytes[name] / made if made else mean))

    def _forget(self) -> None:
        kept = dict(self._events.most_common(self._most // 2))
        self.forgotten += self._events.total() - sum(kept.values())
        self._events = Counter(kept)
        self._made = Counter({name: count for name, count in self._made.items() if name in kept})
        self._bytes = Counter({name: size for name, size in self._bytes.items() if name in kept})
