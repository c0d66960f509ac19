"""Signals that a daemon heeds: SIGTERM and SIGINT end it, SIGHUP has it read its configuration anew."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Self

ENDING = (signal.SIGTERM, signal.SIGINT)


class Signals:
    """Notes signals while it is entered; only in the main thread (signal(2), Python's `signal`).

    Attributes:
        ending: name of the signal that asks for the end, if one does.
        reload: whether the configuration shall be read anew; whoever does so sets it back.
    """

    def __init__(self) -> None:
        self.ending, self.reload = "", False
        self._came = threading.Event()

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._note) for number in (*ENDING, signal.SIGHUP)}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def wait(self, seconds: float) -> None:
        """Wait so long, or until a signal comes."""
        self._came.wait(seconds)
        self._came.clear()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number in ENDING:
            self.ending = signal.Signals(number).name
        else:
            self.reload = True
        self._came.set()
