"""Where records come from, as their events say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from acctship.events.identity import Machine


@dataclass(frozen=True)
class Source:
    """Where records come from, as their events will say.

    Attributes:
        id: stands for the machine in every `event.id`: see `source_id`.
        machine: the host fields.
        path: of the accounting file, escaped; None for standard input.
        labels: for every event.
        tags: for every event.
    """

    id: str
    machine: Machine = field(default_factory=Machine)
    path: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
