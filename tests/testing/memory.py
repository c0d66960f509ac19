"""A receiver in memory, with every fault, and an honest output to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import acctship
from acctship.testing import REJECTED_COMMAND, Fault


class BusyError(Exception):
    """The receiver asks for patience."""


class Memory:
    """What arrives is kept in a list."""

    last: ClassVar[Memory]

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.taken, self.shown = kind, list[str](), ""
        self.over, self.secret = threading.Event(), folder / "secret"
        self.secret.write_text("correct horse")
        Memory.last = self

    def config(self) -> dict[str, Any]:
        return {"type": "memory", "kind": self.kind, "secret": {"file": str(self.secret)}}

    def ids(self) -> list[str]:
        return list(self.taken)

    @contextmanager
    def fault(self, kind: Fault, /) -> Iterator[None]:
        self.shown = kind
        self.over.clear()
        yield
        self.shown = ""
        self.over.set()

    def take(self, lines: Sequence[bytes]) -> list[int]:
        """Take lines; gives the positions of those that are refused."""
        shown = self.shown
        if shown == "hang":
            self.over.wait()
        if shown in ("down", "hang", "reset"):
            raise ConnectionResetError(shown)
        if shown == "throttle":
            raise BusyError
        events = [json.loads(line) for line in lines]
        refused = [
            at for at, event in enumerate(events) if shown == "reject" and event["process"]["name"] == REJECTED_COMMAND
        ]
        self.taken += [event["event"]["id"] for at, event in enumerate(events) if at not in refused]
        if shown == "lost-ack":
            raise ConnectionResetError(shown)
        return refused


class Honest:
    """Keeps every promise."""

    def __init__(self, secret: acctship.Secret) -> None:
        self.memory, self.secret, self.closed = Memory.last, secret, threading.Event()

    def open(self) -> None: ...

    def sign(self) -> None:
        """Read the secret at each use."""
        self.secret.reveal()

    def check(self) -> str:
        self.memory.take([])
        return "the memory is there"

    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        self.sign()
        try:
            refused = self.memory.take(batch.json())
        except BusyError:
            raise acctship.RetryableError("busy", retry_after=7) from None
        return acctship.SendResult(rejected=dict.fromkeys(refused, "no"))

    def close(self) -> None:
        self.closed.set()
