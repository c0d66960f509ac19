"""What the author of an output supplies: a receiver that the suite can look into, and make fail."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol

Fault = Literal["down", "hang", "reset", "lost-ack", "reject", "throttle"]
"""How a receiver fails; `FAULTS` says what each means."""

FAULTS: Mapping[Fault, str] = {
    "down": "nobody is there: connections are refused, and those that stood are cut off; for a file, its disk is full",
    "hang": "it takes connections, or has them, and answers nothing",
    "reset": "it cuts a connection off when something is sent",
    "lost-ack": "it takes everything, and its answer is lost",
    "reject": "it refuses some events for good, and takes the others of the batch",
    "throttle": "it refuses everything for now, and says for how long",
}
"""What a receiver does that shows a fault, by the fault's name."""


class Receiver(Protocol):
    """What `OutputConformance` wants from the fixture `receiver`: new and empty for each test."""

    def config(self) -> dict[str, Any]:
        """The table `[outputs.NAME]` that leads here, with `type`, and secrets as a site would write them."""

    def ids(self) -> list[str]:
        """`event.id` of each event that has arrived by now, in order; one that arrived twice is there twice."""

    def fault(self, kind: Fault, /) -> AbstractContextManager[object]:
        """Show a fault of those in `OutputConformance.faults`, from entering until leaving, which any thread may do.

        Events that have arrived stay there. For `reject`, refuse the events whose `process.name` is
        `REJECTED_COMMAND`, and take the others.
        """
