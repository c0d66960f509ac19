"""What is built once for all tests of packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import skip
from tests.packages.building import build, older
from tests.programs import UnavailableError

SYSTEMS = ("Debian 12", "Debian 13", "RHEL 9 and its kin", "wheelhouse")


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files for this machine's processor, by system."""
    try:
        return dict(zip(SYSTEMS, build(tmp_path_factory.mktemp("dist"), *SYSTEMS), strict=True))
    except UnavailableError as error:
        skip(str(error))


@pytest.fixture(scope="session")
def older_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Version 0.0.9 for Debian 12."""
    try:
        (package,) = build(
            tmp_path_factory.mktemp("older"), "Debian 12", tree=older(tmp_path_factory.mktemp("sources"))
        )
    except UnavailableError as error:
        skip(str(error))
    return package
