"""Which file is accounted to where nobody has said so."""

from __future__ import annotations

from pathlib import Path

import pytest

from acctship.accounting import place
from acctship.records import system


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Of Debian and of RHEL, in a root of their own."""
    files = tmp_path / "var/log/account/pacct", tmp_path / "var/account/pacct"
    monkeypatch.setattr(system, "SYSTEM_FILES", files)
    monkeypatch.setattr(place, "SYSTEM_FILES", files)
    return files


def test_the_one_that_is_there(files: tuple[Path, Path]) -> None:
    for file in reversed(files):
        file.parent.mkdir(parents=True)
        file.touch()
        assert place.default_file() == file


def test_else_the_one_whose_folder_is_there_else_debians(files: tuple[Path, Path]) -> None:
    debian, rhel = files
    assert place.default_file() == debian
    debian.parent.mkdir(parents=True)
    assert place.default_file() == debian
    rhel.parent.mkdir(parents=True)
    assert place.default_file() == rhel
