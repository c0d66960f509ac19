"""An environment in which the strangers' plugins are installed."""

from __future__ import annotations

import os
import socket
import subprocess
import venv
from pathlib import Path

import pytest

from tests.conftest import skip
from tests.paths import ROOT, SQLITE, WEBHOOK


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment with acctship, the plugins, and a server, none of them editable."""
    folder = tmp_path_factory.mktemp("plugins") / "environment"
    venv.create(folder, with_pip=True)
    programs = folder / "bin"
    done = subprocess.run(
        [
            programs / "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            ROOT,
            f"{WEBHOOK}[test]",
            f"{SQLITE}[test]",
            "waitress>=3,<4",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode and not reachable("pypi.org"):
        skip("PyPI cannot be reached")
    assert done.returncode == 0, done.stderr
    return programs


def reachable(host: str) -> bool:
    """Tell whether a package index can be asked."""
    index = os.environ.get("PIP_INDEX_URL")
    try:
        socket.create_connection((host, 443), timeout=10).close()
    except OSError:
        return index is not None
    return True
