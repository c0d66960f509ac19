"""Output `jsonl` passes the suite that every output passes, with a file and with standard output."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from acctship.testing import Fault, OutputConformance


class File:
    """A file, and the disk below it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch()

    def config(self) -> dict[str, Any]:
        return {"type": "jsonl", "path": str(self._path)}

    def ids(self) -> list[str]:
        return [json.loads(line)["event"]["id"] for line in self._path.read_bytes().splitlines()]

    def fault(self, kind: Fault, /) -> AbstractContextManager[object]:
        return no_room(self._path) if kind == "down" else no_sync()


@contextmanager
def no_room(path: Path) -> Iterator[None]:
    """No file may grow beyond the middle of a line that comes next: the write is torn, and fails (setrlimit(2))."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 700, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def no_sync() -> Iterator[None]:
    """All is written, and the disk does not say that it has it."""
    with pytest.MonkeyPatch.context() as patch:

        def fsync(_descriptor: int) -> None:
            raise OSError(5, "Input/output error")

        patch.setattr(os, "fsync", fsync)
        yield


class TestFile(OutputConformance):
    faults = ("down", "lost-ack")
    test_check_of_a_receiver_that_is_down_raises = None  # type: ignore[assignment]  # nobody writes, so no write fails

    @pytest.fixture
    def receiver(self, tmp_path: Path) -> File:
        return File(tmp_path / "events.jsonl")


class StandardOutput:
    """What is written to standard output."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self._captured, self._ids = captured, list[str]()

    def config(self) -> dict[str, Any]:
        return {"type": "jsonl"}

    def ids(self) -> list[str]:
        lines = self._captured.readouterr().out.split("\n")
        self._ids += [json.loads(line)["event"]["id"] for line in lines if line]
        return self._ids

    def fault(self, kind: Fault, /) -> AbstractContextManager[object]:
        raise NotImplementedError(kind)  # a write that fails in part cannot be taken back: it ends the run


class TestStandardOutput(OutputConformance):
    @pytest.fixture
    def receiver(self, capfd: pytest.CaptureFixture[str]) -> StandardOutput:
        return StandardOutput(capfd)
