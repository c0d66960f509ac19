"""How large the fault campaign is, and its seed: small and the same in CI, large with `make campaign`."""

from __future__ import annotations

import os
import random

LARGE = os.environ.get("ACCTSHIP_CAMPAIGN") == "1"
SEED = int(os.environ.get("ACCTSHIP_SEED", "1"))
FAULTS, KILLS, LOSSES = (500, 200, 200) if LARGE else (60, 6, 12)
"""Faults of receivers; times that the daemon is killed; times that its state is damaged."""


def choices(test: str) -> random.Random:
    """What a test chooses at random; pytest shows how to repeat it if the test fails."""
    print(f"to repeat its choices: ACCTSHIP_SEED={SEED}{' ACCTSHIP_CAMPAIGN=1' if LARGE else ''}")
    return random.Random(f"{SEED} {test}")
