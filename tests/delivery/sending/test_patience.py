"""How long an output is waited for."""

from __future__ import annotations

import math
import random

import pytest

from acctship.delivery.sending import patience
from acctship.delivery.sending.patience import BOUNDED, FOR_EVER


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float]]:
    """Ranges that waits are drawn from."""
    ranges: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        ranges.append((low, high))
        return high

    monkeypatch.setattr(random, "uniform", uniform)
    return ranges


def test_back_off_has_full_jitter_and_grows_from_one_second_to_a_minute(asked: list[tuple[float, float]]) -> None:
    waits = [patience.back_off(failures) for failures in (1, 2, 3, 6, 7, 8, 10_000_000)]
    assert waits == [1, 2, 4, 32, 60, 60, 60]
    assert {low for low, _ in asked} == {0}


def test_halt_takes_a_minute_at_least_and_fifteen_at_most(asked: list[tuple[float, float]]) -> None:
    waits = [patience.halt(halts) for halts in (1, 2, 3, 4, 10_000_000)]
    assert waits == [120, 240, 480, 900, 900]
    assert {low for low, _ in asked} == {60}


@pytest.mark.parametrize(
    ("asked_for", "bounded", "for_ever"),
    [(7, 7, 7), (0.5, 0.5, 0.5), (300, 60, 300), (86_400, 60, 3600), (math.inf, 60, 3600)]
    + [(senseless, 0, 0) for senseless in (0, -3, math.nan, None, "120")],
)
def test_receiver_may_ask_for_a_minute_or_an_hour(asked_for: object, bounded: float, for_ever: float) -> None:
    assert (BOUNDED.bounded(asked_for), FOR_EVER.bounded(asked_for)) == (bounded, for_ever)
