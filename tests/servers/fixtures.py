"""Certificates for servers that tests start."""

from __future__ import annotations

import pytest

from tests.conftest import skip
from tests.programs import UnavailableError
from tests.servers.certificates import Authority, Issued


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who issues the certificates of the tests."""
    try:
        return Authority(tmp_path_factory.mktemp("certificates") / "authority")
    except UnavailableError as error:
        skip(str(error))


@pytest.fixture(scope="session")
def certificate(authority: Authority) -> Issued:
    """The server's."""
    return authority.issue("server")
