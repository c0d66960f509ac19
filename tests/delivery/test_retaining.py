"""`retain.json`: what a cursor on disk does not cover is never missing from it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from acctship.accounting.retain import RETAIN, Retain
from acctship.delivery.following.standing import Standing
from acctship.delivery.keeping import documents
from tests.delivery.following.followed import numbered
from tests.delivery.running import Running, Sink, halt, oldest, running


def retain(run: Running) -> Retain | None:
    try:
        return msgspec.json.decode((run.state.directory / RETAIN).read_bytes(), type=Retain)
    except FileNotFoundError:
        return None


def needed(run: Running) -> list[str]:
    found = retain(run)
    return [] if found is None else [Path(path).name for path in found.needed]


def test_rotated_file_is_needed_until_the_last_output_has_it(tmp_path: Path) -> None:
    good, bad = Sink(), Sink()
    bad.before = halt
    (tmp_path / "pacct").write_bytes(numbered(1, 2))
    with running(tmp_path, oldest(good, "good"), oldest(bad, "bad")) as run:
        run.until(lambda: good.pids == [1, 2], "the records")
        run.path.rename(tmp_path / "pacct.1")
        run.append(3)
        run.until(lambda: good.pids == [1, 2, 3], "the next record")
        run.until(lambda: needed(run) == ["pacct", "pacct.1"], "the list")
    assert needed(run) == ["pacct", "pacct.1"]
    with running(tmp_path, oldest(good, "good")) as run:  # `bad` has left the configuration: orphans do not count
        run.until(lambda: needed(run) == ["pacct"], "the list without it")


def test_paths_are_absolute_and_group_may_read(tmp_path: Path) -> None:
    with running(tmp_path, oldest(Sink())) as run:
        run.until(lambda: retain(run), "the list")
        found = retain(run)
        assert found is not None
        assert found.needed == [str(tmp_path / "pacct")]
        assert (run.state.directory / RETAIN).stat().st_mode & 0o777 == 0o640


def test_file_stays_in_the_list_as_long_as_the_cursor_on_disk_does_not_cover_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink, write, full = Sink(), documents.write, threading.Event()

    def write_or_fail(path: Path, document: documents.Document) -> None:
        if full.is_set() and path.parent.name == "cursors":
            raise OSError(28, "No space left on device")
        write(path, document)

    monkeypatch.setattr(documents, "write", write_or_fail)
    (tmp_path / "pacct").write_bytes(numbered(1, 2))
    (tmp_path / "pacct.1").write_bytes(numbered(90))
    sink.before = lambda _batch: full.set()
    with running(tmp_path, oldest(sink)) as run:
        run.until(lambda: 90 in sink.pids, "the record, which is acknowledged")
        run.until(lambda: any("its cursor cannot be written" in line for line in run.log), "the failure")
        run.until(lambda: needed(run) == ["pacct", "pacct.1"], "a list")
        due = retain(run)
        monkeypatch.setattr(run.engine._retaining, "_due", 0.0)
        run.until(lambda: retain(run) != due, "the next list")
        assert needed(run) == ["pacct", "pacct.1"]
        full.clear()
        sink.before = lambda _batch: None
        run.until(lambda: needed(run) == ["pacct"], "the list, once the cursor is on disk")


def test_time_is_before_the_look_that_the_list_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    look = Standing.needed

    def noted(self: Standing, reached: Iterable[object]) -> list[str]:
        looks.append(time.time())
        return look(self, reached)  # type: ignore[arg-type]  # whatever the caller gives

    monkeypatch.setattr(Standing, "needed", noted)
    with running(tmp_path, oldest(Sink())) as run:
        run.until(lambda: retain(run), "the list")
        found = retain(run)
        assert found is not None
        assert found.time <= looks[0] - 1.0
        (tmp_path / "pacct.9").write_bytes(numbered(90))
        assert (tmp_path / "pacct.9").stat().st_ctime > found.time
        run.until(lambda: "pacct.9" in needed(run) or len(looks) > 2, "the file to be seen")


def test_list_is_synced_when_it_changes_and_not_when_only_its_time_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    durable: list[bool] = []
    replace_file = documents.replace

    def noted(path: Path, parts: Iterable[bytes], *, durable: bool = True) -> None:
        if path.name == RETAIN:
            written.append(durable)
        replace_file(path, parts, durable=durable)

    written = durable
    monkeypatch.setattr(documents, "replace", noted)
    monkeypatch.setattr("acctship.delivery.retaining.RENEW", 0.0)
    with running(tmp_path, oldest(Sink())) as run:
        run.until(lambda: len(durable) > 1, "two lists")
    assert durable[0]
    assert not any(durable[1:])


def test_list_that_cannot_be_written_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink, replace_file, full = Sink(), documents.replace, threading.Event()
    full.set()

    def replace_or_fail(path: Path, parts: Iterable[bytes], *, durable: bool = True) -> None:
        if full.is_set() and path.name == RETAIN:
            raise OSError(28, os.strerror(28))
        replace_file(path, parts, durable=durable)

    monkeypatch.setattr(documents, "replace", replace_or_fail)
    with running(tmp_path, oldest(sink)) as run:
        run.until(lambda: sink.health("state-unwritable"), "the news")
        assert retain(run) is None
        full.clear()
        run.until(lambda: needed(run) == ["pacct"], "the list")
        run.until(lambda: len(sink.health("state-unwritable")) == 2, "the end")
    assert [event["acct"]["health"]["phase"] for event in sink.health("state-unwritable")] == ["start", "end"]
