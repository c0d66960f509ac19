"""What servers say in headers of HTTP, whatever is spoken over it."""

from __future__ import annotations

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
