"""Batches of events to send: ordinary ones, and those that break a sender which is not careful."""

from __future__ import annotations

from collections.abc import Iterable

from acctship.delivery.health import health_event
from acctship.delivery.notice import Notice
from acctship.events.batch import EventBatch
from acctship.events.escape import escape
from acctship.events.names import Names, no_name
from acctship.events.normalize import Normalizer
from acctship.events.source import Source
from acctship.testing.records import HOSTILE_COMMANDS, batch, record

REJECTED_COMMAND = "reject-me"
"""`process.name` of the events that a receiver refuses for good while it shows the fault `reject`."""

HOSTILE_TEXTS = (
    "100% %s %d %(end)s %%",
    'quote " back \\ slash',
    "\\u0000end:b\\u0000",
    "größe 🐧",
    "<134>1 - - -",  # how a message of syslog begins
    "</event>&amp;",
    "{{ctx.error}} ${jndi:ldap://x}",
    " leading and trailing ",
    "",
)
"""What a site or a file name may put into labels, tags and paths, beside what `acctship.escape` has made harmless."""


def events(count: int, *, command: str = "true", first_pid: int = 1) -> EventBatch:
    """Events of as many records.

    Args:
        count: how many.
        command: `process.name` of all of them.
        first_pid: process id of the first; the others count on from there, so no two calls with different process ids
            give the same `event.id`.
    """
    return events_of([record(pid=first_pid + at, comm=command.encode()) for at in range(count)])


def events_of(records: Iterable[bytes], source: Source | None = None) -> EventBatch:
    """Events of records as they are on disk, from a file of which nothing is known if no source is given."""
    return Normalizer(source or Source("a test"), Names(no_name, no_name)).events(batch(records))


def hostile_events() -> EventBatch:
    """One event for each name that a process can give itself to harm whoever reads it, with labels and a path alike."""
    labels = {f"label{at}": text for at, text in enumerate(HOSTILE_TEXTS)}
    path = escape(b"/var/log/a\nb\x1b[31m \xff/pacct")
    source = Source("hostile", path=path, labels=labels, tags=HOSTILE_TEXTS)
    return events_of([record(pid=1 + at, comm=name) for at, name in enumerate(HOSTILE_COMMANDS)], source)


def health_events(count: int) -> EventBatch:
    """Events of what acctship says of itself, which every output gets among the others."""
    source, now = Source("a test"), 1_700_000_000_123_000_000
    made = [Notice("clock-stepped", f"the clock was set by {at} s") for at in range(count)]
    return EventBatch.from_json([health_event(one, source, now) for one in made])


def huge_events(count: int, size: int) -> EventBatch:
    """Events of at least `size` bytes of JSON each, because a site gave them very many labels."""
    value = "v" * 200
    labels = {f"label{at:06}": value for at in range(size // (len(value) + len('"label000000":"",')) + 1)}
    return events_of([record(pid=1 + at) for at in range(count)], Source("huge", labels=labels))
