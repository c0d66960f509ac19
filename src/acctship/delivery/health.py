"""Health events: what acctship says of itself, in the schema of all events."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import msgspec

from acctship._version import __version__
from acctship.delivery.notice import Notice
from acctship.events import schema
from acctship.events.source import Source
from acctship.records.columns import NS

TYPES = {"start": "error", "end": "info", "moment": "info"}


def health_event(
    notice: Notice,
    source: Source,
    now_ns: int,
    *,
    event_id: str | None = None,
    outage: str | None = None,
    began_ns: int | None = None,
) -> bytes:
    """One line of JSON.

    Args:
        notice: what to say.
        source: where the records come from, for the host, the labels and the tags.
        now_ns: nanoseconds since 1970.
        event_id: `event.id`; without it, a random one.
        outage: id that the start and the end of an outage share.
        began_ns: at the end of an outage, when it began.
    """
    machine = source.machine
    details: dict[str, Any] = {**notice.details}
    if notice.phase != "moment":
        details |= {"outage": outage, "phase": notice.phase}
    event = schema.Event(
        timestamp=_text(now_ns),
        ecs=schema.Ecs(version=schema.ECS_VERSION),
        event=schema.EventMeta(
            kind="event",
            category=("host",),
            type=(TYPES[notice.phase],),
            action=notice.action,
            dataset="acct.health",
            id=event_id or f"health-{os.urandom(16).hex()}",
            module="acct",
            duration=None if began_ns is None else max(0, now_ns - began_ns),
            start=None if began_ns is None else _text(began_ns),
            end=None if began_ns is None else _text(now_ns),
        ),
        message=notice.text,
        host=schema.Host(
            name=machine.name,
            id=machine.id,
            boot=schema.Boot(id=machine.boot_id) if machine.boot_id else None,
        )
        if machine.name or machine.id
        else None,
        acct=schema.Acct(health=schema.Health(**details)),
        log=schema.Log(schema.LogFile(path=source.path)) if source.path else None,
        agent=schema.Agent(type="acctship", version=__version__),
        labels=dict(source.labels) or None,
        tags=source.tags or None,
    )
    return msgspec.json.encode(event)


def time_ns(timestamp: str) -> int:
    """Nanoseconds since 1970 of a health event's `@timestamp`.

    >>> time_ns("2023-11-14T22:13:20.123Z")
    1700000000123000000
    """
    return round(datetime.fromisoformat(timestamp).timestamp() * 1000) * (NS // 1000)


def _text(now_ns: int) -> str:
    """RFC 3339 in UTC, to the millisecond.

    >>> _text(1_700_000_000_123_456_789)
    '2023-11-14T22:13:20.123Z'
    """
    whole, rest = divmod(now_ns, NS)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1_000_000:03}Z"
