"""Notices on their way to people: a line in the log, and a health event for every output."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import msgspec

from acctship.delivery.health import health_event, time_ns
from acctship.delivery.keeping.journal import Journal
from acctship.delivery.notice import Notice
from acctship.events.schema import Event
from acctship.events.source import Source

_SCAN = 1 << 20

_decode = msgspec.json.Decoder(Event).decode


class Outage(NamedTuple):
    """Something that is out of order at present.

    Attributes:
        id: shared by the events of its start and its end.
        began_ns: nanoseconds since 1970.
        cause: what its start said.
    """

    id: str
    began_ns: int
    cause: str


class Reporter:
    """Writes each notice into the journal and the log; the start and the end of an outage get one id.

    An outage that is reported again while it lasts is the same one, also over a restart: those that the journal knows
    to have begun and not ended are open.

    Args:
        journal: takes the events.
        source: where the records come from.
        log: takes a line for people.
        wake: called when the journal has something new.
        now_ns: nanoseconds since 1970.

    Attributes:
        told: how often each action was told of, the start and the end of an outage as one each; replaced as a whole.
    """

    def __init__(
        self,
        journal: Journal,
        source: Source,
        log: Callable[[str], None],
        wake: Callable[[], None] = lambda: None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._journal, self._source, self._log, self.wake, self._now_ns = journal, source, log, wake, now_ns
        self._lock = threading.Lock()
        self.told: Counter[str] = Counter()
        self._waiting = False
        self._open = _open_outages(journal)

    def __call__(self, notice: Notice) -> None:
        """Tell of it, unless it is an outage that has been told of, or the end of one that nobody knows."""
        with self._lock:
            key, outage, now = (notice.action, notice.about), None, self._now_ns()
            began = notice.began_ns
            if notice.phase == "start":
                if key in self._open:
                    return
                outage = self._open[key] = Outage(os.urandom(8).hex(), now, notice.text)
            elif notice.phase == "end":
                outage = self._open.pop(key, None)
                if outage is None:
                    return
                began = outage.began_ns
                notice = replace(notice, details={**notice.details, "cause": outage.cause})
            self.told = self.told + Counter([notice.action])
            self._log(notice.text)
            details = {**notice.details, "about": notice.about} if notice.phase != "moment" else notice.details
            told = replace(notice, details=details)
            name = outage.id if outage else None
            self._append(health_event(told, self._source, now, event_id=notice.event_id, outage=name, began_ns=began))
        self.wake()

    def open_outages(self) -> list[tuple[str, str]]:
        """`action` and `about` of each outage that goes on, also from before acctship was started."""
        with self._lock:
            return list(self._open)

    def outages(self) -> dict[tuple[str, str], Outage]:
        """Each outage that goes on, by its `action` and `about`."""
        with self._lock:
            return dict(self._open)

    @property
    def durable(self) -> bool:
        """Whether all that was told is on disk; otherwise events wait in memory."""
        return not self._waiting

    def line(self, notice: Notice) -> bytes:
        """The health event of a notice that is no outage, for `record`."""
        return health_event(notice, self._source, self._now_ns())

    def record(self, line: bytes) -> bool:
        """Put a health event into the journal, without a line in the log; tells whether it is on disk."""
        with self._lock:
            durable = self._append(line)
        self.wake()
        return durable

    def _append(self, line: bytes) -> bool:
        """Write the line, or keep it in memory while the disk does not take it, and say so once."""
        durable = self._journal.append(line)
        if not durable and not self._waiting:
            self._log(f"the health journal cannot be written: {self._journal.failure}: events wait in memory")
        self._waiting = not durable
        return durable

    def retry(self) -> None:
        """Write what the disk would not take before."""
        with self._lock:
            if not self._waiting or not self._journal.retry():
                return
            self._waiting = False
            self._log(f"the health journal can be written again; {self._journal.dropped} events were dropped")
        self.wake()


def _open_outages(journal: Journal) -> dict[tuple[str, str], Outage]:
    found: dict[tuple[str, str], Outage] = {}
    offset = journal.start
    while lines := journal.read(offset, _SCAN):
        for line, end in lines:
            offset = end
            event = _decode(line)
            health = event.acct.health if event.acct else None
            if health is None or health.outage is None:
                continue
            key = (event.event.action, health.about or "")
            if health.phase == "start":
                found[key] = Outage(health.outage, time_ns(event.timestamp), event.message or "")
            else:
                found.pop(key, None)
    return found
