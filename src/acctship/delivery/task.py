"""What the daemon is to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from acctship.delivery.sending.patience import Patience
from acctship.deployed import Deployed
from acctship.events.names import Names
from acctship.events.source import Source
from acctship.records import Layout


@dataclass(frozen=True)
class Task:
    """What to ship.

    Attributes:
        path: the accounting file, where the kernel writes it.
        source: where its records come from.
        names: tells names of users and groups.
        outputs: where to deliver.
        layout: of the records, where a person knows better than the file.
        to_present_end: end when all that is there at the start is shipped; otherwise never.
        patience: what to do with an output that fails.
        canary: seconds between two canaries; 0 for none.
        ship_canaries: deliver their records as those of any other process.
    """

    path: str
    source: Source
    names: Names
    outputs: Sequence[Deployed]
    layout: Layout | None
    to_present_end: bool
    patience: Patience
    canary: float = 0.0
    ship_canaries: bool = False
