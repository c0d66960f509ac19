"""Whose records these are: settled at the first start, whatever becomes of the machine's names."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from acctship.delivery.keeping.documents import Document
from acctship.events.identity import Machine, source_id


class Identity(Document):
    """The machine at the first start, and when it was last looked at.

    Attributes:
        source_id: stands for the machine in every `event.id`; never computed again.
        host_name: at the first start.
        machine_id: machine-id(5) at the first start.
        created: when that was, in RFC 3339.
        last_host_name: when it was last looked at.
        last_machine_id: when it was last looked at.
    """

    source_id: str
    host_name: str | None
    machine_id: str | None
    created: str
    last_host_name: str | None
    last_machine_id: str | None

    def moved(self, machine: Machine) -> list[str]:
        """What has changed since the machine was last looked at, in words."""
        changes = [
            ("host name", self.last_host_name, machine.name),
            ("machine-id", self.last_machine_id, machine.id),
        ]
        return [f"{what} changed from {old or 'none'} to {new or 'none'}" for what, old, new in changes if old != new]

    def seen(self, machine: Machine) -> Identity:
        """The same, with the machine looked at now."""
        return replace(self, last_host_name=machine.name, last_machine_id=machine.id)


def first_identity(machine: Machine) -> Identity:
    """The identity that a first start on this machine settles."""
    created = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Identity(source_id(machine), machine.name, machine.id, created, machine.name, machine.id)


def known_source_id(directory: Path) -> str | None:
    """The source id that a state folder holds; None if it is not there, not readable or damaged, as `State.open` tells.

    Whoever reads this machine's own files without shipping gives their events the ids that were shipped.
    """
    try:
        return msgspec.json.decode((directory / "identity.json").read_bytes(), type=Identity).source_id
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
