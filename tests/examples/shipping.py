"""What a booted machine ships: numbered processes into a file of events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.examples.booted import Machine
from tests.kernel.nested import until

DROP_INS = "/run/systemd/system/acctship.service.d"
FILES = {
    "/run/systemd/system/acctship-test.target": "[Unit]\nRequires=basic.target\nAfter=basic.target\n",
    f"{DROP_INS}/said.conf": "[Service]\nStandardError=append:/run/said\n",  # there is no journal
    "/run/systemd/system/acctship-accounting.service.d/said.conf": "[Service]\nStandardError=append:/run/said\n",
    "/run/systemd/system/acctship-rotate.service.d/said.conf": "[Service]\nStandardError=append:/run/said\n",
    "/etc/acctship/acctship.toml": """
[outputs.copy]
type = "jsonl"
path = "/var/log/acctship/events.jsonl"
start = "oldest"
""",
}
STORM = "i=$1; while [ $i -lt $2 ]; do (printf nonce$i >/proc/self/comm); i=$((i + 1)); done"


def storm(machine: Machine, begin: int, end: int) -> None:
    """Processes of these numbers, one after the other."""
    machine.run("sh", "-c", STORM, "storm", str(begin), str(end))


def events(machine: Machine) -> list[dict[str, Any]]:
    """What was shipped, but for a line that is being written."""
    text = machine.shell("cat /var/log/acctship/events.jsonl 2> /dev/null || true")
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def nonces(machine: Machine) -> list[int]:
    """The numbers of the processes that were shipped, in order."""
    names = (event["process"]["name"] for event in events(machine) if "process" in event)
    return [int(name.removeprefix("nonce")) for name in names if name.startswith("nonce")]


def shipped(machine: Machine, count: int) -> None:
    """Wait until so many of them are."""
    until(lambda: len(nonces(machine)) >= count, f"{count} are shipped: {said(machine)}", 60)


def said(machine: Machine) -> str:
    """What the units said; there is no journal."""
    return machine.shell("cat /run/said 2> /dev/null || true")


def status(machine: Machine) -> dict[str, str]:
    """What the kernel says of the daemon's process."""
    text = Path("/proc", machine.property("acctship.service", "MainPID"), "status")
    return dict(line.split(":\t", 1) for line in machine.run("cat", str(text)).splitlines() if ":\t" in line)
