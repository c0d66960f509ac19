"""What a server writes into Retry-After is a number of seconds or nothing; a pool is closed when nobody uses it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from acctship.network.http import InUse, retry_after


@pytest.mark.parametrize("text", [None, "", "soon", "-1", "1.5", "\u0663", "Mon, 01 Jan 99999999999 00:00:00 GMT"])
def test_what_makes_no_sense_asks_for_nothing(text: str | None) -> None:
    assert retry_after(text) is None


@pytest.mark.parametrize(("text", "seconds"), [("7", 7.0), (" 0 ", 0.0), ("9" * 400, 999_999_999.0)])
def test_seconds_are_read_and_bounded(text: str, seconds: float) -> None:
    assert retry_after(text) == seconds


def test_date_is_so_many_seconds_from_now_and_never_less_than_none() -> None:
    now = datetime.now(UTC)
    in_an_hour = retry_after(format_datetime(now + timedelta(hours=1), usegmt=True))
    assert in_an_hour is not None
    assert 3000 < in_an_hour <= 3600
    assert retry_after(format_datetime(now - timedelta(hours=1), usegmt=True)) == 0
    without_zone = (now + timedelta(hours=1)).strftime("%d %b %Y %H:%M:%S -0000")
    assert 3000 < (retry_after(without_zone) or 0) <= 3600


def test_what_is_in_use_is_closed_by_whoever_is_last() -> None:
    closed: list[str] = []
    in_use = InUse(lambda: closed.append("closed"))

    with in_use:
        with in_use:
            in_use.end()
        assert closed == []
    assert closed == ["closed"]


def test_what_is_not_in_use_is_closed_at_once_and_again_after_a_late_use() -> None:
    closed: list[str] = []
    in_use = InUse(lambda: closed.append("closed"))

    with in_use:
        pass
    assert closed == []
    in_use.end()
    assert closed == ["closed"]
    with pytest.raises(ValueError, match="late"), in_use:
        raise ValueError("late")
    assert closed == ["closed", "closed"]
