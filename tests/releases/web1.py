"""acctship in a hurry, on a machine that does not exist: no name or id of ours belongs into what is kept."""

from __future__ import annotations

import socket
from pathlib import Path

from acctship.cli import main
from acctship.events import identity
from tests.faults.quick import hurry

MACHINE_ID = "0123456789abcdef0123456789abcdef"


def _read(path: Path) -> str:
    return MACHINE_ID if path.name == "machine-id" else ""


def pretend() -> None:
    """Be `web1`."""
    vars(socket)["gethostname"] = lambda: "web1"
    vars(identity)["_read"] = _read


if __name__ == "__main__":
    hurry()
    pretend()
    main()
