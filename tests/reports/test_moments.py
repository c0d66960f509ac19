"""Times and spans as people write them, in the zone of TZ."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from acctship.reports.moments import moment, span

NOW = 1_700_000_000.0  # 2023-11-14T22:13:20Z, 23:13:20 in Berlin
DAY = 1_699_916_400.0  # that day's midnight in Berlin


@pytest.fixture(autouse=True)
def _berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2023-11-14", DAY),
        ("2023-11-14T01:00", DAY + 3600),
        ("2023-11-14 01:00:30", DAY + 3630),
        ("20231114T0100", DAY + 3600),
        ("2023-11-14T00:00Z", DAY + 3600),
        ("2023-11-14T00:00:00+01:00", DAY),
        ("2023-07-01", 1_688_162_400.0),  # summer
        ("01:00", DAY + 3600),
        ("1:00", DAY + 3600),
        ("23:59:59", DAY + 86_399),
        ("90s", NOW - 90),
        ("1.5h", NOW - 5400),
        ("3d", NOW - 3 * 86_400),
        ("2w", NOW - 14 * 86_400),
        ("10m", NOW - 600),
    ],
)
def test_moment(text: str, seconds: float) -> None:
    assert moment(text, NOW) == seconds


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2h ago", "-2h", "25:00", "10:60", "2023-13-01", "0001-01-01", "5", "12", "h"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time: write 2026-01-31"):
        moment(text, NOW)


@pytest.mark.parametrize("text", ["", "1", "s", "-1s", "1y", "1e3s", "1s2"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no span of time"):
        span(text)
