"""Documents of the state folder: the old one or the new one, and never half of one."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from acctship import StateError
from acctship.delivery.keeping import documents
from acctship.delivery.keeping.documents import Document
from tests.conftest import skip
from tests.outputs.test_jsonl_faults import run_apart, small_disk


class Kept(Document):
    name: str
    numbers: dict[str, int]


KEPT = Kept("some", {"a": 1, "b": 2**63 - 1})


def read(path: Path) -> Kept:
    return documents.read(path, Kept, "the rest is lost")


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    documents.write(path, KEPT)
    assert read(path) == KEPT
    assert json.loads(path.read_text()) == {"format": 1, "name": "some", "numbers": {"a": 1, "b": 2**63 - 1}}


def test_content_is_on_disk_before_its_name_and_both_when_write_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, steps = tmp_path / "kept.json", []
    fsync, rename = os.fsync, Path.rename

    def sync(descriptor: int) -> None:
        steps.append(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().name}")
        fsync(descriptor)

    def move(old: Path, new: Path) -> Path:
        steps.append(f"rename {old.name} to {new.name}")
        assert read(old) == KEPT
        return rename(old, new)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "rename", move)
    documents.write(path, KEPT)
    assert steps == ["sync .kept.json.new", "rename .kept.json.new to kept.json", f"sync {tmp_path.name}"]


def test_mode_does_not_depend_on_the_umask_and_nothing_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    before = os.umask(0o077)
    try:
        documents.write(path, KEPT)
        documents.write(path, KEPT)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_crash_left_of_a_longer_one_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / ".kept.json.new").write_bytes(b"x" * 4096)
    documents.write(tmp_path / "kept.json", KEPT)
    assert read(tmp_path / "kept.json") == KEPT


def test_document_cut_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    documents.write(path, KEPT)
    whole = path.read_bytes()
    for size in range(len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(StateError, match=r"kept\.json: is (empty|damaged)"):
            read(path)
    path.write_bytes(whole[:-1])
    assert read(path) == KEPT


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty: restore it from a backup, or start with --accept-loss: the rest is lost"),
        (bytes(4096), "is empty: restore"),
        (b"[]", "is damaged (Expected `object`, got `array`): restore"),
        (b'{"name":"some","numbers":{}}', "is damaged (Object missing required field `format`): restore"),
        (b'{"format":1}', "is damaged (Object missing required field `name`): restore"),
        (b'{"format":1,"name":"some","numbers":{},"more":1}', "is damaged (Object contains unknown field `more`)"),
        (b'{"format":1,"name":"some","numbers":{"a":"1"}}', "is damaged (Expected `int`, got `str`"),
        (b'{"format":1,"name":"\xff","numbers":{}}', "is damaged ('utf-8' codec"),
        (b'{"format":1,"more":' + b"[" * 100_000, "is damaged (maximum recursion depth exceeded"),
        (b'{"format":1,"\\u001b[31m":1}', "is damaged (Object contains unknown field `\\x1b[31m`)"),
        (b'{"format":2,"other":[]}', "was written by a newer acctship: upgrade, or start with --accept-loss: the rest"),
    ],
)
def test_what_is_no_such_document_is_refused(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    path.write_bytes(content)
    with pytest.raises(StateError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: {says}")
    assert caught.value.lost == "the rest is lost"


@given(st.binary())
def test_any_bytes_give_a_document_or_one_line(content: bytes) -> None:
    try:
        documents.decode(content, Kept, "kept.json", "the rest is lost")
    except StateError as error:
        assert str(error).isprintable()  # noqa: PT017 - most bytes are refused, but not all


def test_document_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"kept\.json: is missing: restore it from a backup, or start with"):
        read(tmp_path / "kept.json")


def test_loss_is_no_remedy_where_permission_is_missing(tmp_path: Path) -> None:
    (tmp_path / "kept.json").mkdir()
    with pytest.raises(StateError, match=r"kept\.json: cannot be used: Is a directory") as caught:
        read(tmp_path / "kept.json")
    assert caught.value.lost is None
    assert "--accept-loss" not in str(caught.value)


def test_what_fails_while_it_is_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    documents.write(path, KEPT)

    def parts() -> list[bytes]:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        documents.replace(path, (part for _ in range(1) for part in parts()))
    assert read(path) == KEPT
    assert list(tmp_path.iterdir()) == [path]


def test_link_in_place_of_the_temporary_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("mine")
    (tmp_path / ".kept.json.new").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic links"):
        documents.write(tmp_path / "kept.json", KEPT)
    assert (tmp_path / "victim").read_text() == "mine"


def test_what_root_makes_belongs_to_the_owner_of_the_folder(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        skip("only root can give files away")
    os.chown(tmp_path, 1234, 2345)
    documents.write(tmp_path / "kept.json", KEPT)
    documents.make_folder(tmp_path / "folder")
    for path in tmp_path.iterdir():
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)


FILL = """
from pathlib import Path
from acctship.delivery.keeping import documents
from tests.delivery.keeping.test_documents import KEPT, Kept, read

path, filler = Path({folder!r}, "kept.json"), Path({folder!r}, "filler")
documents.write(path, KEPT)
large = Kept("x" * 40_000, {{}})
filler.write_bytes(bytes(40_000))
try:
    documents.write(path, large)
except OSError as error:
    print(error.strerror)
assert read(path) == KEPT
assert {{path.name for path in path.parent.iterdir()}} == {{"kept.json", "filler"}}
filler.unlink()
documents.write(path, large)
assert read(path) == large
"""


def test_full_disk_leaves_the_old_one(tmp_path: Path) -> None:
    folder = small_disk(tmp_path)
    assert run_apart(FILL.format(folder=str(folder)), mounted=folder) == "No space left on device\n"
