"""How long an output that does not deliver is waited for."""

from __future__ import annotations

import random
from dataclasses import dataclass

LONGEST_BACK_OFF = 60.0
SHORTEST_HALT, LONGEST_HALT = 60.0, 900.0
_MOST_DOUBLINGS = 10
"""Beyond all of the limits above; a power of two with the number of a year's attempts would be no float."""


@dataclass(frozen=True)
class Patience:
    """What an output may ask of those who deliver to it.

    Attributes:
        attempts: how many may fail in a row before the output is given up; a halt ends it at once. None: it is never
            given up.
        longest: seconds that are waited at most, whatever the receiver says.
    """

    attempts: int | None
    longest: float

    def bounded(self, asked: object) -> float:
        """Seconds to wait, whatever a plugin made of what its receiver said; nothing for what is no such number."""
        return min(float(asked), self.longest) if isinstance(asked, int | float) and asked > 0 else 0.0


FOR_EVER = Patience(None, 3600.0)
"""Of the service: what it has not delivered stays in the accounting file."""
BOUNDED = Patience(5, 60.0)
"""Of a run that has an end."""


def back_off(failures: int) -> float:
    """Seconds to wait after so many failures in a row: full jitter, at most 1 s after the first, 60 s in the end."""
    return _between(0, min(LONGEST_BACK_OFF, 2.0 ** min(failures - 1, _MOST_DOUBLINGS)))


def halt(halts: int) -> float:
    """Seconds to wait after so many halts in a row, with jitter: a minute or two, 15 minutes at most in the end."""
    return _between(SHORTEST_HALT, min(LONGEST_HALT, SHORTEST_HALT * 2.0 ** min(halts, _MOST_DOUBLINGS)))


def splay(longest: float) -> float:
    """Seconds to wait before the first send, evenly spread over all machines that start at the same time."""
    return _between(0, longest) if longest else 0.0


def _between(low: float, high: float) -> float:
    return random.uniform(low, high)  # noqa: S311 - no secret depends on it
