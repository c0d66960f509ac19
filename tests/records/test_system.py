"""Where this system's own accounting file is."""

from __future__ import annotations

from pathlib import Path

import pytest

from acctship.errors import InputError
from acctship.records import system_file


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    files = tmp_path / "debian" / "pacct", tmp_path / "redhat" / "pacct"
    monkeypatch.setattr("acctship.records.system.SYSTEM_FILES", files)
    return files


@pytest.mark.parametrize("which", [0, 1])
def test_the_one_that_exists_is_found(places: tuple[Path, Path], which: int) -> None:
    places[which].parent.mkdir()
    places[which].touch()
    assert system_file() == places[which]


def test_the_first_of_two_is_taken(places: tuple[Path, Path]) -> None:
    for place in places:
        place.parent.mkdir()
        place.touch()
    assert system_file() == places[0]


def test_one_that_may_not_be_seen_is_named_so_that_opening_it_says_why(
    places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", forbidden)
    found = system_file()
    monkeypatch.undo()
    assert found == places[0]


@pytest.mark.usefixtures("places")
def test_none_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="switch accounting on") as caught:
        system_file()
    assert str(tmp_path / "debian" / "pacct") in str(caught.value)
