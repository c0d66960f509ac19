"""What the tests of reading share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture
def as_stdin() -> Iterator[Callable[[int], None]]:
    """Hand over a descriptor to take the place of standard input."""
    saved = os.dup(0)

    def put(descriptor: int) -> None:
        os.dup2(descriptor, 0)
        os.close(descriptor)

    yield put
    os.dup2(saved, 0)
    os.close(saved)
