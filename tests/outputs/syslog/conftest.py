"""A real rsyslog, and certificates for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import skip
from tests.programs import UnavailableError
from tests.servers.certificates import Authority, Issued
from tests.servers.rsyslog import Listening, Rsyslog

StartRsyslog = Callable[..., Rsyslog]


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


@pytest.fixture
def rsyslog(tmp_path: Path, certificate: Issued) -> Iterator[StartRsyslog]:
    """Starts an rsyslog that listens as is asked, and ends it after the test."""
    with ExitStack() as stack:

        def start(*listening: Listening, ca: Path | None = None) -> Rsyslog:
            try:
                made = Rsyslog(tmp_path / "rsyslog", *listening, certificate=certificate, ca=ca)
            except UnavailableError as error:
                skip(str(error))
            return stack.enter_context(made)

        yield start
