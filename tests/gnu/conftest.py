"""GNU's dump-acct beside ours, and files for both."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import acctship
from tests.gnu.dumps import COUNT, Both, Run, Tame, tame_records


@pytest.fixture
def run(gnu_acct: Path) -> Run:
    """Run both with the same arguments."""

    def run(*arguments: str | Path, zone: str = "UTC") -> Both:
        environment = {**os.environ, "TZ": zone, "LC_ALL": "C"}
        gnu = subprocess.run([gnu_acct / "dump-acct", *arguments], env=environment, capture_output=True, check=True)
        ours = acctship("dump", *arguments, environment={"TZ": zone})
        assert (ours.code, ours.err) == (0, "")
        return Both(gnu.stdout, ours.out)

    return run


@pytest.fixture(scope="session")
def tame(tmp_path_factory: pytest.TempPathFactory) -> Tame:
    """A file of random records of a layout."""
    folder = tmp_path_factory.mktemp("tame")

    def tame(name: str) -> Path:
        path = folder / name
        if not path.exists():
            path.write_bytes(tame_records(COUNT, name).rows.tobytes())
        return path

    return tame
