"""Finding the events of a batch that will never be taken, so that all others are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import acctship
from acctship.outputs.splunk.replies import Bad

Take = Callable[[Sequence[int]], Bad | float]
"""Sends the events at some positions; gives the seconds to pause, or that one of them is bad."""


def deliver(count: int, take: Take) -> acctship.SendResult:
    """Send a batch; where some event in it is bad, send parts, down to that event alone.

    The server names the bad event by its number, and Splunk has indexed those before it then. Neither is relied upon:
    numbers were seen to be off by one, other servers keep nothing of such a batch, and what was indexed so is not
    acknowledged. So the event that is named is sent alone, and the others again: some may come twice.

    Args:
        count: of the events.
        take: sends some.

    Raises:
        OutputError: of `take`; but what may be taken later is only asked for again if others were settled before it.
    """
    waiting: list[tuple[Sequence[int], bool]] = [(range(count), False)]
    rejected: dict[int, str] = {}
    pause, believed, settled = 0.0, True, False
    while waiting:
        part, suspected = waiting.pop(0)
        try:
            answer = take(part)
        except (acctship.RetryableError, OSError) as error:
            if not settled:
                raise
            rest = [at for one, _ in ((part, suspected), *waiting) for at in one]
            asked = getattr(error, "retry_after", None) or 0.0
            return acctship.SendResult(rejected=rejected, retry=sorted(rest), pause=max(pause, asked))
        if not isinstance(answer, Bad):
            pause, settled = max(pause, answer), True
            believed = believed and not suspected
        elif len(part) == 1:
            rejected[part[0]], settled = answer.why, True
        else:
            waiting = [*_parts(part, answer.number if believed else None), *waiting]
    return acctship.SendResult(rejected=rejected, pause=pause)


def _parts(whole: Sequence[int], number: int | None) -> list[tuple[Sequence[int], bool]]:
    """The event that is named, which is suspected, and the others; or two halves."""
    if number is None or number >= len(whole):
        middle = len(whole) // 2
        return [(whole[:middle], False), (whole[middle:], False)]
    others = [*whole[:number], *whole[number + 1 :]]
    return [([whole[number]], True), (others, False)]
