"""A real rsyslog."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import skip
from tests.programs import UnavailableError
from tests.servers.certificates import Issued
from tests.servers.rsyslog import Listening, Rsyslog

StartRsyslog = Callable[..., Rsyslog]


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
