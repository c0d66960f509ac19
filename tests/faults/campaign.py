"""How large the fault campaign is, and its seed: small and the same in CI, large with `make campaign`."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

LARGE = os.environ.get("ACCTSHIP_CAMPAIGN") == "1"
SEED = int(os.environ.get("ACCTSHIP_SEED", "1"))
FAULTS, KILLS, LOSSES = (500, 200, 200) if LARGE else (60, 8, 12)
"""Faults of receivers; times that the daemon is killed; times that its state is damaged."""


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> Iterator[random.Random]:
    """The choices of one test. pytest shows what is printed here if it fails."""
    print(f"to repeat its choices: ACCTSHIP_SEED={SEED}{' ACCTSHIP_CAMPAIGN=1' if LARGE else ''}")
    yield random.Random(f"{SEED} {request.node.name}")
