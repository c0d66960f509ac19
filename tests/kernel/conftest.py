"""What tests of a real kernel share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.nested import Ground, nested
from tests.kernel.shipping import Service, running


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """Two nested pid namespaces, both accounted."""
    with nested(tmp_path) as ground:
        yield ground


@pytest.fixture
def service(tmp_path: Path, ground: Ground) -> Iterator[Service]:
    """`acctship run` that follows the live file."""
    with running(Service(tmp_path, ground.live)) as service:
        yield service
