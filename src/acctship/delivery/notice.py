"""What the parts of delivery have to tell a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Notice:
    """Something that whoever watches over the records has to know; it becomes a health event.

    Attributes:
        action: `event.action`, such as `truncated`.
        message: one line for a person, data of others escaped: what happened, where, what to do.
        phase: `start` and `end` of an outage, which belong together by `action` and `about`; `moment` for the rest.
        about: what it concerns, such as a path or an output's name.
        details: fields below `acct.health`, as `events.schema` names them.
    """

    action: str
    message: str
    phase: Literal["start", "end", "moment"] = "moment"
    about: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


Report = Callable[[Notice], None]
