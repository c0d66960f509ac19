"""A daemon whose canaries a real kernel accounts, and what it tells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from acctship.events.schema import Event, Health
from acctship.records import Reader, command
from tests.kernel.nested import Ground, until
from tests.kernel.shipping import Copy, Service


@contextmanager
def watched(ground: Ground, folder: Path, *, canary: str = "1s", more: str = "") -> Iterator[Service]:
    """A daemon that starts canaries where it is accounted, and has found one."""
    service = Service(folder, ground.live, canary=canary, enter=ground.enter, more=more)
    service.start()
    try:
        service.started()
        found(ground, 1)
        yield service
    finally:
        service.kill()


def canaries(path: Path) -> list[bytes]:
    """Names of the canaries that a file holds."""
    if not path.stat().st_size:
        return []
    with Reader(path) as reader:
        names = [command(name) for records in reader for name in records.comms()]
    return [name for name in names if name.startswith(b"canary")]


def found(ground: Ground, count: int) -> None:
    """Wait until this many canaries have a record."""
    until(lambda: len(canaries(ground.outer)) >= count, f"{count} canaries")


def of(copy: Copy, action: str, phase: str | None = None) -> list[Event]:
    """Distinct events of an action that have arrived."""
    events = {event.event.id: event for event in copy.health if event.event.action == action}
    return [event for event in events.values() if health(event).phase == phase]


def health(event: Event) -> Health:
    """What an event says of the health."""
    assert event.acct
    assert event.acct.health
    return event.acct.health
