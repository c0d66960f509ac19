"""What a release publishes, built once for all tests by the target that a release builds it with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make dist` fills."""
    folder = tmp_path_factory.mktemp("dist")
    command = ["make", "--no-print-directory", "--old-file=.venv/tests-installed"]  # whatever runs these tests is there
    done = subprocess.run(
        [*command, "dist", "checksums", f"DIST={folder}", f"RUN={TOOLS}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={key: value for key, value in os.environ.items() if key != "MAKEFLAGS"},
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    return folder


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    """The wheel in it."""
    (wheel,) = dist.glob("*.whl")
    return wheel
