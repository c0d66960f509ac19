"""A folder that others than root may enter, unlike pytest's own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import skip


@pytest.fixture
def public() -> Iterator[Path]:
    """An empty folder of mode 0755, whose parents everybody may enter; it takes root, to make files of others."""
    if os.geteuid() != 0:
        skip("making files of other users takes root")
    folder = Path(tempfile.mkdtemp(prefix="acctship-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
