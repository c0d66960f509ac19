"""What the tests of the campaign share."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults.campaign import choices
from tests.faults.machine import Machine


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    return choices(request.node.name)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)
