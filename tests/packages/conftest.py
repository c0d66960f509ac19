"""What is built once for all tests of packages."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import skip
from tests.packages.building import TOOLS, build, older_sources
from tests.paths import ROOT
from tests.programs import UnavailableError


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make dist checksums` fills."""
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


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files for this machine's processor, by system."""
    return _built(tmp_path_factory.mktemp("dist"), ROOT, "Debian 12", "Debian 13", "RHEL 9 and its kin", "wheelhouse")


@pytest.fixture(scope="session")
def older(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Those of version 0.0.9."""
    tree = older_sources(tmp_path_factory.mktemp("sources"))
    return _built(tmp_path_factory.mktemp("older"), tree, "Debian 12", "RHEL 9 and its kin")


def _built(dist: Path, tree: Path, *systems: str) -> dict[str, Path]:
    try:
        return dict(zip(systems, build(dist, *systems, tree=tree), strict=True))
    except UnavailableError as error:
        skip(str(error))
