"""What became of the events for one output."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Tally:
    """Counts of one output since its worker began.

    Attributes:
        taken: events that were to be delivered.
        delivered: events that the output acknowledged.
        rejected: events that went to the dead letters.
        retries: sends that had to be repeated.
        failure: why the output was given up.
    """

    taken: int = 0
    delivered: int = 0
    rejected: int = 0
    retries: int = 0
    failure: BaseException | None = None

    @property
    def undelivered(self) -> int:
        """Events that have no outcome: not yet, or never if the output was given up."""
        return self.taken - self.delivered - self.rejected

    @property
    def complete(self) -> bool:
        """Nothing was rejected and nothing is undelivered."""
        return not (self.rejected or self.undelivered or self.failure)
