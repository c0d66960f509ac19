"""Times and spans as people write them."""

from __future__ import annotations

import re
from datetime import datetime

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SPAN = re.compile(rf"(\d{{1,9}}(?:\.\d{{1,9}})?) ?({'|'.join(_SECONDS)})")
_CLOCK = re.compile(r"\d{1,2}:\d\d(?::\d\d)?")


def moment(text: str, now: float) -> float:
    """Seconds since 1970 of a date, a date and time (ISO 8601), a time of today, or an age.

    Args:
        text: a time without a zone is one of TZ's; a date without a time begins its day.
        now: seconds since 1970.

    Raises:
        ValueError: it is none of these.

    >>> moment("2023-11-14T22:13:20Z", 0), moment("2h", 10_000), moment("1970-01-02T00:00+01:00", 0)
    (1700000000.0, 2800.0, 82800.0)
    """
    if _SPAN.fullmatch(text):
        return now - span(text)
    try:
        if _CLOCK.fullmatch(text):
            text = f"{datetime.fromtimestamp(now).date()}T{text.zfill(len(text) + (text.index(':') == 1))}"
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        raise ValueError(
            f"{text!r} is no time: write 2026-01-31, 2026-01-31T13:00 (perhaps with a zone: Z, +01:00), 13:00 (today), "
            "or an age as 2h or 3d"
        ) from None


def span(text: str) -> float:
    """Seconds of a span.

    Raises:
        ValueError: it is none.

    >>> span("1.5s"), span("2h"), span("250ms")
    (1.5, 7200.0, 0.25)
    """
    match = _SPAN.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no span of time: write a number and {', '.join(_SECONDS)}, as 1.5s or 2h")
    return float(match[1]) * _SECONDS[match[2]]
