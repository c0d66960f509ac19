"""What all tests share: real accounting by the kernel, GNU's tools, golden files, and skipping with a reason."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

from tests import programs
from tests.programs import UnavailableError, gnu_acct_folder

settings.register_profile("acctship", deadline=None)  # no test is about time, and machines are busy
settings.load_profile("acctship")

pytest_plugins = ["tests.servers.fixtures"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Write golden files and generated documentation anew."
    )


def pytest_configure(config: pytest.Config) -> None:
    capture = config.pluginmanager.getplugin("capturemanager")

    def announce(text: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"\n{text}", file=sys.stderr, flush=True)

    if capture is not None:
        programs.announce = announce


def skip(reason: str) -> NoReturn:
    """Skip a test for want of something; where nothing may be skipped, fail."""
    if os.environ.get("ACCTSHIP_TEST_SKIP_NOTHING"):
        pytest.fail(f"may not be skipped here: {reason}")
    pytest.skip(reason)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a file that is committed, or write the file with --update-golden."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        assert path.read_text("utf-8") == text, f"{path} differs; if that is right: make golden"

    return compare


@pytest.fixture(scope="session")
def gnu_acct() -> Path:
    """Folder of GNU acct's programs."""
    try:
        return gnu_acct_folder()
    except UnavailableError as error:
        skip(str(error))
