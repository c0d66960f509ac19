"""What the parts of delivery have to tell a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from acctship.errors import runbook
from acctship.events.escape import escape_line

LONGEST_LINE = 500
"""Characters that are kept of what a receiver says: it may answer with a whole page."""

ACTIONS: Mapping[str, str] = {
    "accounting-gap": "Accounting had stopped or paused, and goes on: records of processes that ended from "
    "`event.start` to `event.end` may be missing, between `after` and `before`",
    "accounting-paused": "An outage: the canary has no record, and the accounting file's file system is so full that "
    "the kernel writes none until space is free again",
    "accounting-stopped": "An outage: the canary has no record, so accounting is off or goes to another file; `by` "
    "names who switched it, where the kernel has recorded that",
    "canary-failed": "An outage: the canary could not be started, or the file not be read, so whether accounting is on "
    "is not known",
    "canary-imitated": "A second record bears the name of a canary: somebody has copied it. The record is shipped as "
    "any other",
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
    "switched": "Accounting was switched to another file, or off and on again, and by whom: `by` is the record that "
    "acct(2) writes of its caller. Records between `after` and `before`, if these are there, may be missing",
    "truncated": "The accounting file was cut while it was in use: records between `after` and `before` may be missing",
}
"""Every `event.action` of a health event, and what it means."""


HALTS: Mapping[str, str] = {
    "halted-set-up": "The output says that its set-up is wrong: a token, an index, a permission, a secret that is gone",
    "halted-rejections": "The receiver has rejected a hundred events in a row: that is no fault of the events",
    "halted-dead-letters": "Events that the receiver will never take cannot be kept: the disk, or 100 MB of them",
    "halted-bug": "The output's plugin raised what its contract does not allow",
    "halted-hung": "The output has hung four times: acctship ends, for systemd to start it anew",
}
"""Why an output is halted: each has a section in the runbook."""

_ROUTINE = {"checkpoint", "config-changed", "output-added", "shipper-started", "shipper-stopped"}


@dataclass(frozen=True)
class Notice:
    """Something that whoever watches over the records has to know; it becomes a health event.

    Attributes:
        action: `event.action`, one of `ACTIONS`.
        message: one line for a person, data of others escaped: what happened, where, what to do.
        phase: `start` and `end` of an outage, which belong together by `action` and `about`; `moment` for the rest.
        about: what it concerns, such as a path or an output's name.
        details: fields below `acct.health`, as `events.schema` names them.
        section: of the runbook, if it is not that of the action.
        event_id: `event.id` of what is told again after a restart; without it, a random one.
        began_ns: nanoseconds since 1970 at which what a moment is about began; that of an outage is known anyway.
    """

    action: str
    message: str
    phase: Literal["start", "end", "moment"] = "moment"
    about: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    section: str = ""
    event_id: str | None = None
    began_ns: int | None = None

    def __post_init__(self) -> None:
        """See that the action and the section are documented."""
        if self.action not in ACTIONS:
            raise ValueError(f"{self.action!r} is not among the actions of health events")
        if self.section and self.section not in HALTS:
            raise ValueError(f"{self.section!r} is not among the reasons of a halt")

    @property
    def text(self) -> str:
        """The message; that of trouble ends in where the runbook tells what to do."""
        if self.phase == "end" or self.action in _ROUTINE:
            return self.message
        return f"{self.message} ({runbook(self.section or self.action)})"


Report = Callable[[Notice], None]


def one_line(text: str) -> str:
    r"""What a receiver or a plugin says, as one harmless line that is not too long.

    >>> one_line("no such\nindex")
    'no such\\x0aindex'
    """
    return escape_line(text[:LONGEST_LINE])[:LONGEST_LINE]
