"""A folder of packages, and acctship as it runs where they are installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import Done, accounting, acctship


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder on the Python path of `run`."""
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


@pytest.fixture
def run(site: Path, tmp_path: Path) -> Callable[..., Done]:
    """Run acctship where the packages in `site` are installed, in `tmp_path`."""

    def run(*arguments: str | Path) -> Done:
        return acctship(*arguments, environment={"PYTHONPATH": str(site)}, cwd=tmp_path)

    return run


@pytest.fixture
def ship_to(run: Callable[..., Done], tmp_path: Path) -> Callable[[str], Done]:
    """Ship two records through an output `here` of a type."""

    def ship_to(name: str) -> Done:
        (tmp_path / "config.toml").write_text(f'[outputs.here]\ntype = "{name}"\n')
        (tmp_path / "pacct").write_bytes(accounting(2))
        return run("run", "--once", "-c", "config.toml", "-f", "pacct")

    return ship_to
