"""Events that a receiver will never take: kept as dead letters, and told of."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from acctship.delivery.keeping.dead_letters import MOST_BYTES, DeadLetters
from acctship.delivery.notice import Notice, Report, one_line
from acctship.errors import HaltError

EVERY = 60.0
"""Seconds between two notices of one output, at least: a receiver may reject an event in each batch."""


class Letterbox:
    """Keeps the rejected events of one output, durably.

    Args:
        output: its name.
        letters: where they are kept.
        report: told of them once a minute at most; checkpoints count each.
        clock: seconds, for tests.
    """

    def __init__(
        self, output: str, letters: DeadLetters, report: Report, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._output, self._letters, self._report, self._clock = output, letters, report, clock
        self._untold, self._told_at = 0, float("-inf")

    def __call__(self, rejected: Sequence[tuple[bytes, str]]) -> None:
        """Keep events, as JSON, each with the reason why it was rejected.

        Raises:
            HaltError: there are too many of them for a person not to look.
            OSError: the disk took none of them.
        """
        if self._letters.full:
            raise HaltError(
                f"its dead letters have reached {MOST_BYTES // 1_000_000} MB: see `acctship deadletter list "
                f"{self._output}`, then replay them or move their file away"
            )
        self._letters.add(rejected)
        self._untold += len(rejected)
        if self._clock() < self._told_at + EVERY:
            return
        why = one_line(rejected[-1][1])
        self._report(
            Notice(
                "events-rejected",
                f"outputs.{self._output}: {self._untold} events were rejected and are dead letters, the last one: "
                f"{why}: see `acctship deadletter list {self._output}`",
                details={"output": self._output, "rejected": self._untold},
            )
        )
        self._untold, self._told_at = 0, self._clock()
