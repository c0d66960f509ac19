"""Which machine, which file, which record: the parts of `event.id`, and the `host` of an event."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from acctship.events.escape import escape

_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_MACHINE_ID = re.compile("[0-9a-f]{32}")  # before the first boot is through, the file may say "uninitialized"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_KERNEL_STATISTICS = Path("/proc/stat")


@dataclass(frozen=True)
class Machine:
    """A machine as events name it; what is not known is None.

    Attributes:
        name: host name.
        id: machine-id(5).
        boot_id: random id of the present run of its kernel.
        boot_time: seconds since 1970 at which that run began.
    """

    name: str | None = None
    id: str | None = None
    boot_id: str | None = None
    boot_time: int | None = None


def this_machine() -> Machine:
    """The machine that acctship runs on."""
    boot_line = next((line for line in _read(_KERNEL_STATISTICS).splitlines() if line.startswith("btime ")), "")
    return Machine(
        name=escape(socket.gethostname().encode("utf-8", "surrogateescape")) or None,
        id=next((text for text in map(_read, _MACHINE_IDS) if _MACHINE_ID.fullmatch(text)), None),
        boot_id=_read(_BOOT_ID) or None,
        boot_time=int(boot_line.split()[1]) if boot_line else None,
    )


def source_id(machine: Machine) -> str:
    """Where the records come from, as 32 hex digits: a hash of machine-id and host name."""
    return sha256(f"{machine.id or ''}\0{machine.name or ''}".encode()).hexdigest()[:32]


def segment_id(source: str, first_record: bytes) -> str:
    """Name one accounting file by where it comes from and its first record: 20 hex digits.

    Neither a new name nor a copy nor compression changes it.
    """
    return sha256(source.encode() + b"\0" + first_record).hexdigest()[:20]


def event_id(segment: str, offset: int, check: int) -> str:
    """`event.id` of one record; whoever reads the record again gives the same.

    Args:
        segment: its segment, from `segment_id`.
        offset: of its first byte in the uncompressed file.
        check: CRC-32 of its bytes.

    >>> event_id("b3372f61597fad100d6f", 5120, 0xF59AFBF1)
    'b3372f61597fad100d6f-1400-f59afbf1'
    """
    return f"{segment}-{offset:x}-{check:08x}"


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace").strip()
    except OSError:
        return ""
