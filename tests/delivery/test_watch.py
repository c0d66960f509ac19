"""The watch over accounting, in an engine whose file the test writes: tests/kernel shows it with a real kernel."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from acctship.accounting.canary import CanaryStatus
from acctship.delivery import watch
from tests.builders import record
from tests.delivery.following.followed import numbered
from tests.delivery.running import Running, Sink, oldest, running

CALLER = record(pid=66, uid=0, comm=b"accton")


class Kernel:
    """Stands in for the kernel: writes the records of canaries, as long as it is on."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path, self.on, self.names = path, threading.Event(), list[bytes]()
        self.before: Callable[[], object] = lambda: None
        monkeypatch.setattr(watch, "spawn", self.spawn)

    def spawn(self, name: bytes, _folder: Path) -> int:
        self.names.append(name)
        self.before()
        if self.on.is_set():
            with self.path.open("ab") as file:
                file.write(record(comm=name, btime=int(time.time()), etime=0.0, mem=7))
        return 1


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that is not there soon will not come."""
    monkeypatch.setattr(watch, "AGAIN", 0.5)
    monkeypatch.setattr(watch, "_LOOKS", (0.0, 0.1))


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    return Kernel(tmp_path / "pacct", monkeypatch)


def status(run: Running) -> CanaryStatus:
    found = run.engine.canary_status()
    assert found is not None
    return found


def phases(sink: Sink, action: str) -> list[Any]:
    return [event["acct"]["health"].get("phase") for event in sink.health(action)]


def test_a_file_that_no_kernel_writes_to_is_told_once_also_over_a_restart(tmp_path: Path) -> None:
    sink = Sink()
    with running(tmp_path, oldest(sink), canary=1.0) as run:
        run.append(1)
        run.until(
            lambda: status(run).state == "missing" and phases(sink, "accounting-stopped") == ["start"], "the stop"
        )
        assert status(run).found == 0
        assert status(run).last_found is None
    assert not [path for path in (tmp_path / "state").iterdir() if path.is_symlink()]
    with running(tmp_path, oldest(sink), canary=1.0) as run:
        run.until(lambda: status(run).state == "missing", "the second run has looked")
    assert phases(sink, "accounting-stopped") == ["start"]


def test_the_end_is_told_by_a_later_run_with_the_gap(tmp_path: Path, kernel: Kernel) -> None:
    sink = Sink()
    kernel.on.set()
    with running(tmp_path, oldest(sink), canary=1.0) as run:
        run.append(1)
        run.until(lambda: status(run).state == "found", "a canary")
        kernel.on.clear()
        with run.path.open("ab") as file:
            file.write(CALLER)
        run.until(lambda: phases(sink, "accounting-stopped") == ["start"], "the stop")
    kernel.on.set()
    with run.path.open("ab") as file:
        file.write(numbered(2))
    with running(tmp_path, oldest(sink), canary=1.0) as run:
        run.until(lambda: sink.health("accounting-gap"), "the gap")
        assert status(run).found > 0
        run.until(lambda: sink.pids == [1, 66, 2], "the records; of canaries none")
    assert phases(sink, "accounting-stopped") == ["start", "end"]
    (gap,) = sink.health("accounting-gap")
    ids = {event["process"]["pid"]: event["event"]["id"] for event in sink.events if "process" in event}
    assert (gap["acct"]["health"]["after"], gap["acct"]["health"]["before"]) == (ids[66], ids[2])
    assert gap["event"]["duration"] > 0
    start, end = sink.health("accounting-stopped")
    assert start["acct"]["health"]["by"]["name"] == "accton"
    assert "accton (process 66)" in end["message"]
    assert sink.health("switched") == []


def test_each_canary_has_a_name_of_its_own_and_is_counted(tmp_path: Path, kernel: Kernel) -> None:
    sink = Sink()
    kernel.on.set()
    with running(tmp_path, oldest(sink), canary=0.001) as run:
        run.until(lambda: status(run).found >= 3, "some canaries")
        told = status(run)
    assert len(set(kernel.names)) == len(kernel.names)
    assert told.sent >= told.found
    assert told.last_found is not None
    assert sink.pids == []


def test_a_canary_that_cannot_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink, links = Sink(), tmp_path / "links"
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(links))
    with running(tmp_path, oldest(sink), canary=1.0) as run:
        run.append(1)
        run.until(lambda: phases(sink, "canary-failed") == ["start"], "the failure")
        assert status(run).state == "failed"
        assert sink.health("accounting-stopped") == []
        (event,) = sink.health("canary-failed")
        assert "No such file or directory" in event["message"]
        links.mkdir()
        (links / "canaryaaaabbbbc").symlink_to("left")
        run.until(lambda: phases(sink, "canary-failed") == ["start", "end"], "its end")
    with running(tmp_path, oldest(sink), canary=1.0) as run:
        run.until(lambda: not os.listdir(links), "links of killed daemons are removed")  # noqa: PTH208 - shorter


def test_a_process_that_does_not_end_is_told(tmp_path: Path, kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    sink, ended = Sink(), threading.Event()
    monkeypatch.setattr(watch, "_STUCK", 0.1)
    kernel.on.set()
    kernel.before = lambda: ended.wait(20)
    with running(tmp_path, oldest(sink), canary=1.0) as run:
        run.append(1)
        run.until(lambda: phases(sink, "canary-failed") == ["start"], "the failure")
        ended.set()
        run.until(lambda: phases(sink, "canary-failed") == ["start", "end"], "its end")


def test_a_record_that_was_cut_off_is_no_stop(tmp_path: Path, kernel: Kernel) -> None:
    sink = Sink()

    def cut() -> None:
        if len(kernel.names) == 2:
            os.truncate(kernel.path, 0)
        kernel.on.set() if len(kernel.names) != 2 else kernel.on.clear()

    kernel.before = cut
    with running(tmp_path, oldest(sink), canary=1.0) as run:
        run.append(*range(10))
        run.until(lambda: len(kernel.names) >= 4 and status(run).state == "found", "canaries before and behind")
        assert status(run).found == len(kernel.names) - 1
    assert sink.health("accounting-stopped") == []
    assert len(sink.health("truncated")) == 1


def test_a_bug_ends_the_daemon(tmp_path: Path, kernel: Kernel) -> None:
    def bug() -> None:
        raise ZeroDivisionError

    kernel.before = bug
    with running(tmp_path, oldest(Sink()), canary=1.0) as run:
        run.until(lambda: run.engine.failure, "the bug")
        assert "canary: a bug in acctship: ZeroDivisionError()" in str(run.engine.failure)


def test_without_canaries_an_old_outage_ends(tmp_path: Path) -> None:
    sink = Sink()
    with running(tmp_path, oldest(sink), canary=1.0) as run:
        run.append(1)
        run.until(lambda: phases(sink, "accounting-stopped") == ["start"], "the stop")
    with running(tmp_path, oldest(sink)) as run:
        run.until(lambda: phases(sink, "accounting-stopped") == ["start", "end"], "its end")
        assert run.engine.canary_status() is None
