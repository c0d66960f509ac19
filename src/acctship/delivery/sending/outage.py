"""Tells when an output stops to deliver, and when it delivers again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

from acctship.delivery.notice import Notice, Report

PATIENCE = 5.0
"""Seconds without success after which a person is told: shorter ones are everyday life in a network."""

Kind = Literal["output-unreachable", "output-halted"]


class Outage:
    """What is wrong with one output: one thing at a time. Safe to use from several threads.

    Args:
        output: its name in the configuration.
        report: told of the start and the end of each outage, in this order.
        clock: seconds that never go backwards.

    Attributes:
        last_error: what went wrong last; it may be over.
    """

    def __init__(self, output: str, report: Report, clock: Callable[[], float]) -> None:
        self._output, self._report, self._clock = output, report, clock
        self._lock = threading.Lock()
        self._open: Kind | None = None
        self._since: float | None = None
        self.last_error = ""

    @property
    def state(self) -> Literal["sending", "retrying", "halted"]:
        """What the output does at present."""
        if self._open == "output-halted":
            return "halted"
        return "sending" if self._since is None else "retrying"

    def retrying(self, why: str, wait: float) -> None:
        """An attempt failed; the next comes in `wait` seconds."""
        with self._lock:
            now, self.last_error = self._clock(), why
            if self._since is None:
                self._since = now
            if self._open is None and now + wait - self._since > PATIENCE:
                self._start("output-unreachable", f"is not reached: {why}: its events wait, and are tried again")

    def halted(self, why: str, then: str, section: str) -> None:
        """Somebody has to mend something, as a section of the runbook says; `then` tells what happens until then."""
        with self._lock:
            self.last_error = why
            if self._since is None:
                self._since = self._clock()
            if self._open != "output-halted":
                self._end("is halted instead")
                self._start("output-halted", f"is halted: {why}: {then}", section)

    def over(self) -> None:
        """Something was delivered."""
        with self._lock:
            self._since = None
            self._end("delivers again")

    def _start(self, kind: Kind, message: str, section: str = "") -> None:
        self._open = kind
        self._tell("start", kind, message, section)

    def _end(self, message: str) -> None:
        kind, self._open = self._open, None
        if kind is not None:
            self._tell("end", kind, message)

    def _tell(self, phase: Literal["start", "end"], kind: Kind, message: str, section: str = "") -> None:
        text, name = f"outputs.{self._output}: {message}", self._output
        self._report(Notice(kind, text, phase, about=name, details={"output": name}, section=section))
