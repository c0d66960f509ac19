"""Times as RFC 3339 writes them."""

from __future__ import annotations

from datetime import datetime, timedelta

_EPOCH = datetime(1970, 1, 1)  # without a zone, so that isoformat() writes none


def second_text(second: int) -> bytes:
    """A second since 1970 in UTC, without the zone.

    >>> second_text(1)
    b'1970-01-01T00:00:01'
    """
    return (_EPOCH + timedelta(seconds=second)).isoformat().encode()


def zulu(second: int) -> bytes:
    """A second since 1970 in UTC.

    >>> zulu(1)
    b'1970-01-01T00:00:01Z'
    """
    return second_text(second) + b"Z"
