"""Is anybody there?"""

from __future__ import annotations

import select


def reader_gone(descriptor: int, seconds: float = 0.0) -> bool:
    """Tell whether a descriptor is a pipe or socket whose other end is closed; nothing is written to learn that.

    Args:
        descriptor: open for writing.
        seconds: to wait for that to come about.
    """
    poll = select.poll()
    poll.register(descriptor, 0)  # POLLERR and POLLHUP come unasked (poll(2))
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(seconds * 1000))
