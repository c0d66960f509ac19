"""What tests of sending share."""

from __future__ import annotations

import random

import pytest


@pytest.fixture
def longest_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jitter makes no wait shorter."""
    monkeypatch.setattr(random, "uniform", lambda _low, high: high)
