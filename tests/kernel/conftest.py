"""What tests of a real kernel share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.nested import Ground, nested
from tests.kernel.pausing import Pausing
from tests.kernel.shipping import SETTLES_SOON, Service, running


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """Two nested pid namespaces, both accounted."""
    with nested(tmp_path) as ground:
        yield ground


@pytest.fixture
def service(tmp_path: Path, ground: Ground) -> Iterator[Service]:
    """`acctship run` that follows the live file."""
    with running(Service(tmp_path, ground.live, program=SETTLES_SOON)) as service:
        yield service


@pytest.fixture(scope="session")
def pausing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pausing]:
    """Accounting that is paused, and goes on: it takes the kernel a minute."""
    made = Pausing(tmp_path_factory.mktemp("pausing"))
    yield made
    made.end()


@pytest.fixture(scope="session", autouse=True)
def early(request: pytest.FixtureRequest) -> None:
    """What takes a minute begins before all other tests of a kernel, and goes on beside them, if any asks for it."""
    if any("pausing" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("pausing")
