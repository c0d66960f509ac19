"""What tests of following share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.following.followed import Site, numbered


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A live file of three records."""
    made = Site(tmp_path)
    made.append(numbered(1, 2, 3))
    yield made
    made.stop()
