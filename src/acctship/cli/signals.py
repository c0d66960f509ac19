"""Signals that a daemon heeds: SIGTERM and SIGINT end it, SIGHUP has it read its configuration anew."""

from __future__ import annotations

import signal
from types import TracebackType
from typing import Self

ENDING = (signal.SIGTERM, signal.SIGINT)
HEEDED = (*ENDING, signal.SIGHUP)


class Signals:
    """Holds signals back while it is entered, until `wait` takes them (sigtimedwait(2)): nothing is interrupted.

    To be entered before any thread is started: threads inherit what is held back.

    Attributes:
        ending: name of the signal that asks for the end, if one has.
        reload: whether the configuration shall be read anew; whoever does so sets it back.
    """

    def __init__(self) -> None:
        self.ending, self.reload = "", False

    def __enter__(self) -> Self:
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, HEEDED)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while signal.sigtimedwait(HEEDED, 0):
            pass  # asked again for what is being done: let go, it would end the process in the middle of its last words
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)

    def wait(self, seconds: float) -> None:
        """Wait so long, or until a signal comes."""
        came = signal.sigtimedwait(HEEDED, seconds)
        if came is None:
            return
        if came.si_signo in ENDING:
            self.ending = signal.Signals(came.si_signo).name
        else:
            self.reload = True
