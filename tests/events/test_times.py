"""Times as RFC 3339 writes them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from acctship.events.times import second_text, zulu


@given(st.integers(-(10**9), 2**33))
def test_any_second_is_read_back(second: int) -> None:
    text = zulu(second).decode()
    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == datetime.fromtimestamp(second, UTC)
    assert second_text(second) + b"Z" == zulu(second)


@pytest.mark.parametrize(
    ("second", "text"),
    [
        (0, b"1970-01-01T00:00:00Z"),
        (-1, b"1969-12-31T23:59:59Z"),
        (951_782_400, b"2000-02-29T00:00:00Z"),
        (2**31, b"2038-01-19T03:14:08Z"),
        (2**32 - 1, b"2106-02-07T06:28:15Z"),
    ],
)
def test_seconds_that_others_get_wrong(second: int, text: bytes) -> None:
    assert zulu(second) == text
