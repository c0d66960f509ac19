"""What is handed to a worker, and the parts that it is sent in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from acctship.events.batch import EventBatch


@dataclass(frozen=True, eq=False)
class Parcel:
    """Events for one output.

    Attributes:
        batch: the events, within the limits of the output.
        token: what whoever hands it over wants to see again when it is settled.
    """

    batch: EventBatch
    token: object = None


@dataclass(eq=False)
class Unsettled:
    """A parcel on its way.

    Attributes:
        parcel: the parcel.
        left: how many of its events have no outcome yet.
        rejected: position and reason of each that went to the dead letters.
        settled: whoever handed it over has been told.
    """

    parcel: Parcel
    left: int
    rejected: dict[int, str] = field(default_factory=dict)
    settled: bool = False


@dataclass(frozen=True, eq=False)
class Part:
    """Events of one parcel that are sent together.

    Attributes:
        whole: the parcel.
        positions: where in the parcel they are.
        batch: the events.
        attempts: how often in a row the receiver asked for these again, and for no other.
        since: when it asked for them first, by the worker's clock; None: it has not.
        refused: when it asked for them last.
        passed: how often it asked for them again although it had taken others since it asked before.
    """

    whole: Unsettled
    positions: Sequence[int]
    batch: EventBatch
    attempts: int = 0
    since: float | None = None
    refused: float = 0.0
    passed: int = 0

    @classmethod
    def of(cls, parcel: Parcel) -> Part:
        """All of a parcel."""
        length = len(parcel.batch)
        return cls(Unsettled(parcel, length), range(length), parcel.batch)

    def __len__(self) -> int:
        return len(self.positions)

    def select(self, positions: Sequence[int]) -> Part:
        """Some of its events, by their positions in the part."""
        chosen = [self.positions[at] for at in positions]
        return replace(self, positions=chosen, batch=self.batch.select(positions))

    def again(self, now: float, last_delivery: float) -> Part:
        """The part when the receiver has asked for it again."""
        if self.since is None:
            return replace(self, attempts=1, since=now, refused=now)
        passed = self.passed + (last_delivery > self.refused)
        return replace(self, attempts=self.attempts + 1, refused=now, passed=passed)
