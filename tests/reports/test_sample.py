"""Choosing evenly, and telling how far off that is: checked by drawing many times."""

from __future__ import annotations

import random

from acctship.reports.sample import Mean, Thinning


def test_weights_of_what_is_chosen_stand_for_all() -> None:
    thinning = Thinning(8)
    weights = [thinning.weight() for _ in range(8 * 2**6)]

    assert weights[:8] == [1] * 8
    assert sum(weights) == len(weights)
    assert sum(map(bool, weights)) == 8 + 6 * 4
    assert max(weights) == 2**6


def test_all_that_was_seen_is_exact() -> None:
    mean = Mean()
    for size, records in ((900, 10), (2000, 20), (7, 1)):
        mean.add(1, size, records)

    assert (mean.total(31), mean.error(31)) == (2907, 0)


def test_nothing_seen_is_nothing() -> None:
    assert (Mean().total(5), Mean().error(5)) == (0, 0)


def test_truth_lies_within_the_error_in_95_of_100_draws() -> None:
    rng = random.Random(1)
    hits, told, actual = 0, 0.0, 0.0
    for _ in range(400):
        batches = [(round(rng.gauss(900, 90) * records), records) for records in rng.choices((500, 2000), k=500)]
        records, truth = sum(count for _, count in batches), sum(size for size, _ in batches)
        thinning, mean = Thinning(32), Mean()
        for size, count in batches:
            if weight := thinning.weight():
                mean.add(weight, size, count)
        off = abs(mean.total(records) - truth)
        hits += off <= mean.error(records)
        told, actual = told + mean.error(records), actual + off

    assert hits >= 0.95 * 400
    assert told < 4 * actual  # an error that is huge would always be right
