"""What all tests share: real accounting by the kernel, GNU's tools, golden files, and skipping with a reason."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "acctship-tests"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Write golden files and generated documentation anew."
    )


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
        assert path.read_text("utf-8") == text, f"{path} differs; if that is right: make docs"

    return compare


@pytest.fixture(scope="session")
def gnu_acct() -> Path:
    """Folder of GNU acct's programs; unpacked from Debian's package, so that nothing is switched on by installing it."""
    found = shutil.which("dump-acct", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found:
        return Path(found).parent
    unpacked = CACHE / "gnu-acct"
    if not (unpacked / "usr/sbin/dump-acct").exists():
        _unpack_debian_package("acct", unpacked)
    return unpacked / "usr/sbin"


def _unpack_debian_package(name: str, into: Path) -> None:
    if not shutil.which("apt-get"):
        skip(f"{name} is neither installed nor to be had: this is no Debian")
    into.mkdir(parents=True, exist_ok=True)
    if subprocess.run(["apt-get", "download", name], cwd=into, capture_output=True, check=False).returncode:
        subprocess.run(["apt-get", "update"], capture_output=True, check=False)  # a new machine has no lists yet
        done = subprocess.run(["apt-get", "download", name], cwd=into, capture_output=True, text=True, check=False)
        if done.returncode:
            skip(f"Debian's package {name} cannot be downloaded: {done.stderr.strip()[-200:]}")
    (package,) = into.glob(f"{name}_*.deb")
    subprocess.run(["dpkg", "-x", package, into], check=True)
