"""Events that a receiver will never take become dead letters, unless it takes none at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from acctship.delivery.sending.setbacks import Setbacks
from acctship.errors import HaltError

STREAK = 100
"""Rejections in a row that are the set-up's fault, not the events'."""

DeadLetter = Callable[[Sequence[tuple[bytes, str]]], None]
"""Keeps events as JSON, each with the reason why its receiver will never take it: they are safe when it returns.
Raises an OSError or a HaltError if they are not, and is then called again with the same."""


class Rejections:
    """What is rejected by one output; safe to use from several threads.

    Args:
        dead_letter: keeps events; never called twice at the same time.
        setbacks: of the output.
    """

    def __init__(self, dead_letter: DeadLetter, setbacks: Setbacks) -> None:
        self._dead_letter, self._setbacks = dead_letter, setbacks
        self._streak = 0
        self._lock, self._calling = threading.Lock(), threading.Lock()

    def end_streak(self) -> None:
        """Something was delivered."""
        with self._lock:
            self._streak = 0

    def admit(self, count: int) -> int:
        """How many rejections of a send that delivered nothing are to be believed.

        If that is not all of them, the output has to be halted; then a new streak begins.
        """
        with self._lock:
            believed = min(count, STREAK - 1 - self._streak)
            self._streak = self._streak + believed if believed == count else 0
            return believed

    def keep(self, letters: Sequence[tuple[bytes, str]]) -> bool:
        """Hand over dead letters until they are safe; False if sending ends before."""
        failures = 0
        while True:
            try:
                with self._calling:
                    self._dead_letter(letters)
            except (OSError, HaltError) as error:
                failures += 1
                if not self._setbacks.not_kept(error, failures):
                    return False
            else:
                if failures:
                    self._setbacks.over(self._setbacks.round)
                return True
