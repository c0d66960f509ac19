"""Files beside the live one: each is examined once for as long as it stays the same."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from acctship.delivery.following import files
from acctship.delivery.following.siblings import Siblings
from tests.delivery.following.followed import numbered


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are examined."""
    names: list[str] = []
    real = files.examine_file

    def examine_file(descriptor: int, path: str, layout: None) -> object:
        names.append(Path(path).name)
        return real(descriptor, path, layout)

    monkeypatch.setattr("acctship.delivery.following.siblings.examine_file", examine_file)
    return names


def names(found: Siblings, now: float = 0.0) -> list[str]:
    return sorted(Path(one.path).name for one in found.look(now, None))


def test_names_that_go_on_where_the_live_one_ends(tmp_path: Path) -> None:
    for name in ("pacct", "pacct.0", "pacct-20261124", "pacct1", "other", "xpacct.1", "pacc.1"):
        (tmp_path / name).write_bytes(numbered(1))
    assert names(Siblings(str(tmp_path / "pacct"), None)) == ["pacct-20261124", "pacct.0", "pacct1"]


def test_file_is_examined_once_until_it_changes(tmp_path: Path, examined: list[str]) -> None:
    found = Siblings(str(tmp_path / "pacct"), None)
    (tmp_path / "pacct.1").write_bytes(numbered(1))
    (tmp_path / "pacct.txt").write_text("no accounting file\n" * 9)
    assert names(found) == names(found) == ["pacct.1"]
    assert sorted(examined) == ["pacct.1", "pacct.txt"]
    (tmp_path / "pacct.txt").write_bytes(numbered(1, 2))
    assert names(found) == ["pacct.1", "pacct.txt"]
    assert sorted(examined) == ["pacct.1", "pacct.txt", "pacct.txt"]


def test_time_since_which_it_is_the_same(tmp_path: Path) -> None:
    found = Siblings(str(tmp_path / "pacct"), None)
    (tmp_path / "pacct.1").write_bytes(numbered(1))
    assert [one.since for one in found.look(5, None)] == [5]
    assert [one.since for one in found.look(6, None)] == [5]
    (tmp_path / "pacct.1").write_bytes(numbered(1, 2))
    assert [one.since for one in found.look(7, None)] == [7]


def test_file_that_is_followed_anyhow_is_left_out(tmp_path: Path) -> None:
    found = Siblings(str(tmp_path / "pacct"), None)
    (tmp_path / "pacct.1").write_bytes(numbered(1))
    status = (tmp_path / "pacct.1").stat()
    assert found.look(0, (status.st_dev, status.st_ino)) == []


def test_file_that_is_renamed_while_it_is_looked_at_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Siblings(str(tmp_path / "pacct"), None)
    (tmp_path / "pacct.1").write_bytes(numbered(1))
    real = files.open_file

    def rename_first(path: str) -> int:
        if Path(path).name == "pacct.1":
            Path(path).rename(tmp_path / "pacct.2")
        return real(path)

    monkeypatch.setattr("acctship.delivery.following.siblings.open_file", rename_first)
    assert names(found) == ["pacct.2"]


def test_file_that_is_compressed_while_it_is_looked_at_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Siblings(str(tmp_path / "pacct"), None)
    (tmp_path / "pacct.1").write_bytes(numbered(1))
    real = files.open_file

    def compress_first(path: str) -> int:
        if Path(path).name == "pacct.1":
            (tmp_path / "pacct.1.gz").write_bytes(gzip.compress(Path(path).read_bytes()))
            Path(path).unlink()
        return real(path)

    monkeypatch.setattr("acctship.delivery.following.siblings.open_file", compress_first)
    ((one),) = found.look(0, None)
    assert one.examined is not None
    assert (Path(one.path).name, one.examined.compressed, one.examined.first) == ("pacct.1.gz", True, numbered(1))


def test_other_file_that_takes_the_path_meanwhile_is_examined_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Siblings(str(tmp_path / "pacct"), None)
    (tmp_path / "pacct.1").write_bytes(numbered(1))
    (tmp_path / "new").write_bytes(numbered(2))
    real = files.open_file

    def replace_first(path: str) -> int:
        if (tmp_path / "new").exists():
            (tmp_path / "new").rename(path)
        return real(path)

    monkeypatch.setattr("acctship.delivery.following.siblings.open_file", replace_first)
    ((one),) = found.look(0, None)
    assert one.examined is not None
    assert one.examined.first == numbered(2)
    assert one.signature.inode == os.stat(one.path).st_ino  # noqa: PTH116 - as the code does


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b", gzip.compress(b""), gzip.compress(numbered(1))[:20]])
def test_stub_is_no_sibling_yet(tmp_path: Path, content: bytes) -> None:
    found = Siblings(str(tmp_path / "pacct"), None)
    (tmp_path / "pacct.1.gz").write_bytes(content)
    assert found.look(0, None) == []
    (tmp_path / "pacct.1.gz").write_bytes(gzip.compress(numbered(1)))
    assert names(found) == ["pacct.1.gz"]


def test_missing_folder_has_none(tmp_path: Path) -> None:
    assert Siblings(str(tmp_path / "missing/pacct"), None).look(0, None) == []
