"""What the parts of delivery have to tell a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ACTIONS: Mapping[str, str] = {
    "checkpoint": "What an output has done with a stretch of a segment: every 5 minutes, and when a segment has ended. "
    "`records` = `sent` + `filtered` + `rejected`; the stretches of one output follow each other without a gap, so a "
    "receiver that counts what it has by `acct.segment` knows whether all is there",
    "clock-stepped": "Somebody set the clock: times before and after do not compare",
    "config-changed": "SIGHUP has brought a new configuration into force",
    "config-refused": "SIGHUP came, and the new configuration is wrong: the old one stays in force",
    "events-rejected": "A receiver will never take some events: they are dead letters. At most once a minute",
    "file-unreadable": "An outage: the accounting file is missing, may not be read, or holds no records",
    "host-changed": "The host name or the machine-id is another than at the last start; event ids stay what they are",
    "output-added": "An output ships for the first time; `lag` says how many bytes are left out before the present",
    "output-halted": "An outage: an output's set-up is wrong (token, index, permission), and a person has to mend it; "
    "tried again after 1 to 15 minutes",
    "output-unreachable": "An outage: a receiver has answered nothing good for 5 seconds; tried again for ever",
    "records-lost": "Records that an output had not had were in a file that is gone, from `begin` to `end`",
    "resynchronised": "Bytes of an accounting file that are no record were skipped, from `begin` to `end`",
    "retention-forced": "A hard limit removed an accounting file although an output had not had all of it: `about` is "
    "its path, `size` its bytes, `reason` the limit",
    "shipper-started": "acctship started",
    "shipper-stopped": "acctship was stopped, and by what",
    "state-lost": "A person accepted that a damaged part of the state folder was begun afresh",
    "state-unwritable": "An outage: the state folder cannot be written, so nothing is sent",
    "switched": "Accounting was switched to another file or off, and by whom: the last record of the segment",
    "truncated": "The accounting file was cut while it was in use: records between `after` and `before` may be missing",
}
"""Every `event.action` of a health event, and what it means."""


@dataclass(frozen=True)
class Notice:
    """Something that whoever watches over the records has to know; it becomes a health event.

    Attributes:
        action: `event.action`, one of `ACTIONS`.
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

    def __post_init__(self) -> None:
        """See that the action is documented."""
        if self.action not in ACTIONS:
            raise ValueError(f"{self.action!r} is not among the actions of health events")


Report = Callable[[Notice], None]
