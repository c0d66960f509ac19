"""`status.json`: what the daemon says of itself while it runs, at no price where nothing happens."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from acctship import HaltError, RetryableError, SendResult
from acctship.delivery.keeping import documents, status as document
from acctship.delivery.keeping.status import STATUS, OutputStatus, Status
from acctship.delivery.notice import Notice
from tests.builders import SIZE
from tests.delivery.following.followed import numbered
from tests.delivery.running import Running, Sink, oldest, running


def now(run: Running) -> Status:
    found = document.read(run.state.directory)
    assert found is not None, "no status"
    return found


def output(run: Running, name: str = "sink") -> OutputStatus:
    return now(run).outputs[name]


def exists(run: Running) -> bool:
    return document.read(run.state.directory) is not None


def test_output_that_keeps_up_has_no_lag(tmp_path: Path) -> None:
    sink = Sink()
    with running(tmp_path, oldest(sink)) as run:
        run.append(1, 2, 3)
        run.until(lambda: exists(run) and output(run).delivered >= 5, "records and health events to be counted")
        run.until(lambda: output(run).lag_bytes == 0, "the cursor to be on disk")
        one = output(run)
        assert (one.lag_records, one.lag_seconds, one.oldest) == (0, 0.0, None)
        assert (one.type, one.guarantee, one.state, one.last_error) == ("standin", "written", "sending", "")
        assert one.last_delivery is not None
        assert abs(time.time() - one.last_delivery) < 60
    assert output(run).state == "stopped"


def test_output_that_is_halted_lags_and_says_why(tmp_path: Path) -> None:
    good, bad = Sink(), Sink()

    def halt(_batch: object) -> SendResult:
        raise HaltError("bad token\x1b[31m")

    bad.before = halt
    with running(tmp_path, oldest(good, "good"), oldest(bad, "bad")) as run:
        run.append(1, 2, 3)
        run.until(lambda: exists(run) and output(run, "bad").state == "halted", "the halt")
        run.until(lambda: output(run, "bad").lag_records == 3, "what it lacks")
        run.until(lambda: output(run, "good").lag_bytes == 0, "the other one, which goes on")
        one = output(run, "bad")
        assert (one.lag_bytes, one.lag_records, one.delivered) == (3 * SIZE, 3, 0)
        assert one.oldest is not None
        assert one.lag_seconds == pytest.approx(now(run).time - one.oldest)
        assert one.last_error == "bad token\\x1b[31m"
        assert [(outage.action, outage.about) for outage in now(run).outages] == [("output-halted", "bad")]


def test_output_that_hangs_is_seen_to_lag(tmp_path: Path) -> None:
    sink = Sink()

    def fail(_batch: object) -> SendResult:
        raise RetryableError("no route to host")

    sink.before = fail
    with running(tmp_path, oldest(sink)) as run:
        run.append(1)
        run.until(lambda: exists(run) and output(run).retried > 0 and output(run).lag_records == 1, "a retry")
        assert (output(run).state, output(run).last_error) == ("retrying", "no route to host")
        sink.before = lambda _batch: None
        run.until(lambda: output(run).state == "sending" and output(run).lag_records == 0, "the end of it")


def test_rejected_events_and_dead_letters_are_counted(tmp_path: Path) -> None:
    sink = Sink()
    sink.before = lambda batch: SendResult(
        rejected={at: "no" for at in range(len(batch)) if b'"pid":2' in batch.json()[at]}
    )
    with running(tmp_path, oldest(sink)) as run:
        run.append(1, 2, 3)
        run.until(lambda: exists(run) and output(run).rejected == 1, "the rejection")
        run.until(lambda: output(run).dead_letters == 1, "the dead letter")
        assert output(run).dead_letter_bytes == (run.state.directory / "deadletter/sink.jsonl").stat().st_size


def test_what_was_told_of_is_counted(tmp_path: Path) -> None:
    with running(tmp_path, oldest(Sink())) as run:
        run.append(1)
        run.engine.report(Notice("truncated", "it was cut"))
        run.engine.report(Notice("records-lost", "it is gone"))
        run.until(lambda: exists(run) and now(run).source.cuts == 1, "the cut")
        run.until(lambda: now(run).source.held == 1, "the segment")
        source = now(run).source
        assert (source.path, source.id, source.losses) == (str(run.path), "a test", 1)
        assert (source.segments, source.held_bytes, source.canary) == (1, SIZE, None)


def test_group_may_read_it_and_it_is_never_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    durable: list[bool] = []
    replace_file = documents.replace

    def noted(path: Path, parts: Iterable[bytes], **options: bool) -> None:
        if path.name == STATUS:
            durable.append(options.get("durable", True))
        replace_file(path, parts, **options)

    monkeypatch.setattr(documents, "replace", noted)
    with running(tmp_path, oldest(Sink())) as run:
        run.until(lambda: exists(run), "the status")
        assert (run.state.directory / STATUS).stat().st_mode & 0o777 == 0o640
    assert durable
    assert not any(durable)


def test_nothing_is_written_as_long_as_nothing_changes(tmp_path: Path) -> None:
    with running(tmp_path, oldest(Sink())) as run:
        run.until(lambda: exists(run) and output(run).delivered > 0, "the first events")
    keeper = run.engine.status
    keeper._due = 0.0
    keeper.look(1000.0)
    first = keeper.last
    for second in range(1, 10):
        keeper.look(1000.0 + second)
    assert keeper.last is first
    keeper.look(1010.0)
    assert keeper.last is not first


def test_disk_that_takes_nothing_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink, replace_file, refused = Sink(), documents.replace, list[str]()

    def replace_or_fail(path: Path, parts: Iterable[bytes], **options: bool) -> None:
        if path.name == STATUS:
            refused.append(path.name)
            raise OSError(28, "No space left on device")
        replace_file(path, parts, **options)

    monkeypatch.setattr(documents, "replace", replace_or_fail)
    monkeypatch.setattr("acctship.delivery.status.RENEW", 0.0)
    (tmp_path / "pacct").write_bytes(numbered(1))
    with running(tmp_path, oldest(sink)) as run:
        run.until(lambda: len(refused) > 2, "some attempts")
        run.until(lambda: sink.pids == [1], "the record")
        assert not any("status" in line for line in run.log)
        assert run.engine.status.last is not None


def test_document_of_another_version_is_none(tmp_path: Path) -> None:
    (tmp_path / STATUS).write_text('{"format": 99}')
    assert document.read(tmp_path) is None
    (tmp_path / STATUS).write_text('{"format": 1, "time": 1.0}')
    assert document.read(tmp_path) is None
