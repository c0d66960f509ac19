"""How long an output is waited for."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest

from acctship.delivery.sending import patience
from acctship.delivery.sending.patience import BOUNDED, FOR_EVER

MACHINES = 3000


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


@pytest.mark.parametrize("seed", range(20))
def test_retries_of_a_fleet_after_a_common_outage_spread(seed: int) -> None:
    """3,000 machines lose their receiver at the same moment; each tries again until ten minutes have passed."""
    rng = random.Random(seed)
    random.seed(rng.random())
    tries: Counter[int] = Counter()
    for _machine in range(MACHINES):
        now, failures = 0.0, 0
        while now < 600:
            failures += 1
            now += patience.back_off(failures)
            tries[int(now)] += 1
    after_a_minute = [tries[second] for second in range(60, 600)]
    fair = sum(after_a_minute) / len(after_a_minute)
    assert max(after_a_minute) < 0.05 * MACHINES  # no second holds more than 5 of 100 machines
    assert max(after_a_minute) < 1.5 * fair  # and none much more than another: nothing swings


@pytest.mark.parametrize("seed", range(20))
def test_fleet_that_starts_together_opens_its_outputs_evenly_over_the_splay(seed: int) -> None:
    random.seed(seed)
    opened = Counter(int(patience.splay(300.0)) for _machine in range(MACHINES))
    assert set(opened) <= set(range(301))
    assert max(opened.values()) < 0.01 * MACHINES  # ten a second on the average


def test_no_splay_is_no_wait() -> None:
    assert patience.splay(0.0) == 0
