"""The daemon as a site runs it: a configuration, a state folder, a process, and what its output holds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.builders import BTIME, record
from tests.cli.command import ACCTSHIP

PATIENCE = 30.0
"""Seconds until a condition that must come true is given up."""

Events = list[dict[str, Any]]


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition; fail if it does not come true."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"never came true: {what}"
        time.sleep(0.02)  # between two looks; what is waited for is the condition


def records(begin: int, end: int) -> bytes:
    """Records whose pids tell them apart."""
    return b"".join(record(pid=pid, btime=BTIME + pid) for pid in range(begin, end))


class Site:
    """A machine whose accounting file the test writes, with one output `copy` to `events.jsonl`.

    Attributes:
        folder: holds all of it.
        path: the accounting file.
        config: the configuration.
        state: the state folder.
        environment: of the daemon.
        program: acctship as it is installed, or another that does the same.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "log" / "pacct"
        self.config, self.state = folder / "acctship.toml", folder / "state"
        self.environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        self.program: tuple[str | Path, ...] = (ACCTSHIP,)
        self.path.parent.mkdir()
        self.configure()

    def configure(self, outputs: str = "", *, start: str = "oldest") -> None:
        """Write the configuration: `copy`, and what else is given."""
        self.config.write_text(
            f'[source]\npath = "{self.path}"\n[state]\ndirectory = "{self.state}"\n[canary]\ninterval = "0s"\n'
            f'[outputs.copy]\ntype = "jsonl"\npath = "{self.folder}/events.jsonl"\nstart = "{start}"\n{outputs}'
        )

    def append(self, begin: int, end: int) -> None:
        """What the kernel would write."""
        with self.path.open("ab") as file:
            file.write(records(begin, end))

    def events(self, name: str = "events.jsonl") -> Events:
        """What has arrived, in order, but for a line that is being written."""
        try:
            lines = (self.folder / name).read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines if line.endswith(b"\n")]

    def pids(self, name: str = "events.jsonl") -> list[int]:
        """Pids of the process events that arrived, in order."""
        return [event["process"]["pid"] for event in self.events(name) if "process" in event]

    def health(self, action: str, name: str = "events.jsonl") -> Events:
        """Health events of one kind that arrived."""
        return [event for event in self.events(name) if event["event"]["action"] == action]

    @contextmanager
    def run(self, *arguments: str) -> Iterator[Service]:
        """A daemon; it is killed in the end if it still runs."""
        with subprocess.Popen(
            [*self.program, "run", "-c", self.config, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=self.environment,
            text=True,
        ) as process:
            try:
                yield Service(process)
            finally:
                process.kill()


class Service:
    """A daemon that runs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def stop(self) -> tuple[int, str]:
        """Ask it to end; gives exit code and what it said."""
        self.signal(signal.SIGTERM)
        return self.end()

    def end(self) -> tuple[int, str]:
        """Wait for its end; gives exit code and what it said."""
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said

    def kill(self) -> None:
        """End it as a power loss would, but for what the kernel has in memory."""
        self.process.kill()
        self.process.wait()


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Wait for the end of a process whose standard output somebody else reads; gives exit code and what it said."""
    assert process.stderr is not None
    return process.wait(PATIENCE), process.stderr.read().decode()
