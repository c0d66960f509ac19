"""A fault that begins and ends when somebody says so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager


class Switch:
    """Begins a fault at most once, and ends it once if it has begun; safe to use from several threads."""

    def __init__(self, fault: AbstractContextManager[object]) -> None:
        self._fault, self._lock = fault, threading.Lock()
        self._begun = self._ended = False

    def on(self) -> None:
        """Begin it, unless that would be too late."""
        with self._lock:
            if not (self._begun or self._ended):
                self._fault.__enter__()
                self._begun = True

    def off(self) -> None:
        """End it; it does not begin any more."""
        with self._lock:
            if self._begun and not self._ended:
                self._fault.__exit__(None, None, None)
            self._ended = True


@contextmanager
def switched(fault: AbstractContextManager[object]) -> Iterator[Switch]:
    """A fault that is over at the end of the block."""
    switch = Switch(fault)
    try:
        yield switch
    finally:
        switch.off()
