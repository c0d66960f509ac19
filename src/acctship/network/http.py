"""What outputs that speak HTTP share: when to come again, and how connections that several threads use are closed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_DIGITS = 9
"""Of a number of seconds that are read: 31 years, so no more is asked for than a float and a clock can hold."""


def retry_after(text: str | None) -> float | None:
    """Seconds that the header Retry-After asks us to wait (RFC 9110 10.2.3).

    Args:
        text: its value, a number of seconds or a date; None where there is no such header.

    Returns:
        At least 0; None if it says nothing that makes sense.

    >>> retry_after("7"), retry_after("Tue, 14 Nov 2023 22:13:20 GMT"), retry_after("soon"), retry_after(None)
    (7.0, 0.0, None, None)
    """
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:_DIGITS])
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max((aware - datetime.now(UTC)).total_seconds(), 0.0)


class InUse:
    """Closes what several threads use, when it has ended and nobody uses it any more: `with in_use:` is one use.

    For a pool of urllib3: a connection that comes back to it just while it is being closed stays open.

    Args:
        close: called by whoever is last, and again for each use that begins after the end.

    >>> in_use = InUse(lambda: print("closed"))
    >>> with in_use:
    ...     in_use.end()
    ...     print("still in use")
    still in use
    closed
    """

    def __init__(self, close: Callable[[], object]) -> None:
        self._close, self._lock = close, threading.Lock()
        self._uses, self._has_ended = 0, False

    def __enter__(self) -> None:
        with self._lock:
            self._uses += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._uses -= 1
            if self._has_ended and not self._uses:
                self._close()

    def end(self) -> None:
        """Close now, if nobody uses it."""
        with self._lock:
            self._has_ended = True
            if not self._uses:
                self._close()
