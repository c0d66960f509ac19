"""`check` of `jsonl`: what `open` and `send` would say, without a file that is made or written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from acctship import Delivery, HaltError
from acctship.output import CheckedOutput
from acctship.outputs import jsonl


def check(path: Path | None) -> str:
    output = jsonl.Config(path=None if path is None else str(path)).output(Delivery())
    assert isinstance(output, CheckedOutput)
    try:
        return output.check()
    finally:
        output.close()


def test_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert check(tmp_path / "events.jsonl").startswith(f"{tmp_path}/events.jsonl will be made, ")
    assert list(tmp_path.iterdir()) == []


def test_file_that_another_process_writes_is_no_trouble(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    writer = jsonl.File(str(path))
    writer.open()
    assert " can be appended to, " in check(path)
    writer.close()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none/events.jsonl", "its folder does not exist: make it"),
        ("folder", "is no regular file; leave path out for standard output"),
        ("pipe", "is no regular file; leave path out for standard output"),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(HaltError) as told:
        check(tmp_path / name)
    assert str(told.value) == f"{tmp_path / name}: {said}"


def test_standard_output() -> None:
    assert check(None) == "standard output is open"
