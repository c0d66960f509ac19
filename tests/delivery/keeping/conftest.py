"""What tests of the health journal share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from acctship.delivery.keeping.journal import Journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal's file, without a line."""
    path = tmp_path / "health.jsonl"
    Journal.create(path)
    return path


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    """The journal in it."""
    with closing(Journal(path)) as journal:
        yield journal
