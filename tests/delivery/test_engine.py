"""The daemon's parts together: nothing is lost in silence, and nothing is counted twice."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from acctship import EventBatch
from acctship.delivery.keeping import documents
from tests.builders import SIZE
from tests.delivery.following.followed import numbered
from tests.delivery.running import Running, Sink, halt, oldest, running


def test_cursor_is_on_disk_before_the_first_send(tmp_path: Path) -> None:
    sink, seen = Sink(), list[bool]()
    sink.before = lambda _batch: seen.append((tmp_path / "state/cursors/sink.json").exists())
    with running(tmp_path, oldest(sink)) as run:
        run.append(1)
        run.until(lambda: sink.pids == [1], "the record")
    assert all(seen)


def test_nothing_is_sent_while_the_cursor_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink, write = Sink(), documents.write
    full = threading.Event()

    def write_or_fail(path: Path, document: documents.Document) -> None:
        if full.is_set() and path.parent.name == "cursors":
            raise OSError(28, "No space left on device")
        write(path, document)

    monkeypatch.setattr(documents, "write", write_or_fail)
    with running(tmp_path, oldest(sink)) as run:
        run.append(1)
        run.until(lambda: sink.pids == [1], "the first record")
        full.set()
        run.until(lambda: any("its cursor cannot be written" in line for line in run.log), "the news")
        before = len(sink.events)
        run.append(2)
        run.until(lambda: run.engine.shippers[0].worker.state == "sending", "a moment")
        assert sink.pids == [1]
        full.clear()
        run.until(lambda: sink.pids == [1, 2], "the record, once it is safe to send")
    assert before <= len(sink.events)
    assert [event["acct"]["health"]["phase"] for event in sink.health("state-unwritable")] == ["start", "end"]


def test_records_whose_file_was_gone_at_the_start_are_told_of_once_and_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acctship.delivery.following.holdings.SETTLED", 0.1)
    sink = Sink()
    with running(tmp_path, oldest(sink)) as run:
        run.append(1, 2)
        run.until(lambda: sink.pids == [1, 2], "the records")
    with (tmp_path / "pacct").open("ab") as file:
        file.write((tmp_path / "pacct").read_bytes())
    first = Running(tmp_path, [])  # sees how long it is, and ships nothing
    first.start()
    first.until(lambda: '"size":256' in (tmp_path / "state/segments.json").read_text(), "the size")
    first.stop()
    (tmp_path / "pacct").unlink()
    with running(tmp_path, oldest(sink)) as run:
        run.append(9)
        run.until(lambda: sink.health("records-lost"), "the loss")
        run.until(lambda: sink.pids == [1, 2, 9], "what is in the next file")
    with running(tmp_path, oldest(sink)) as run:
        run.append(10)
        run.until(lambda: sink.pids == [1, 2, 9, 10], "a record after a restart")
    (lost,) = sink.health("records-lost")
    assert (lost["acct"]["health"]["begin"], lost["acct"]["health"]["end"]) == (128, 256)


@pytest.mark.parametrize("meanwhile", [False, True])
def test_loss_is_told_while_the_output_is_dead_and_what_is_on_its_way_still_arrives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, meanwhile: bool
) -> None:
    """A file that is removed while acctship runs is read on; that one is lost all the same is played."""
    monkeypatch.setattr("acctship.delivery.following.holdings.SETTLED", 0.0)
    monkeypatch.setattr("acctship.delivery.engine._LOOK_FOR_LOST", 0.0)
    live, dead, alive, asked = Sink(), Sink(), threading.Event(), threading.Event()
    many = 20_000  # more than is read ahead

    def hang(_batch: EventBatch) -> None:
        asked.set()
        alive.wait()

    with running(tmp_path, oldest(live)) as run:
        run.append(*range(many))
        run.until(lambda: len(live.pids) == many, "the records")
    (tmp_path / "pacct").rename(tmp_path / "pacct.1")
    dead.before = hang
    if not meanwhile:
        (tmp_path / "pacct.1").unlink()
    with running(tmp_path, oldest(live), oldest(dead, "dead", batch_events=1000)) as run:
        run.append(99)
        run.until(asked.is_set, "the dead output is asked")
        if meanwhile:
            follower = run.engine._follower
            first, held = follower.entries()[0], follower._held
            monkeypatch.setattr(held, "is_lost", lambda key, _now: key == first.key)
        run.until(lambda: live.health("records-lost"), "the loss")
        assert dead.pids == []
        alive.set()
        run.until(lambda: dead.pids[-1:] == [99], "what is in the next file")
    arrived = dead.pids[:-1]
    with running(tmp_path, oldest(live), oldest(dead, "dead")) as run:
        run.append(100)
        run.until(lambda: dead.pids[-1] == 100, "a record after a restart")
    (lost,) = live.health("records-lost")
    assert arrived == list(range(len(arrived)))
    assert bool(arrived) == meanwhile
    assert (lost["acct"]["health"]["begin"], lost["acct"]["health"]["end"]) == (SIZE * len(arrived), SIZE * many)


def test_checkpoint_that_a_crash_kept_from_the_journal_is_told_once_more_with_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = Sink()
    run = Running(tmp_path, [oldest(sink)])
    run.append(1, 2, 3)
    run.start()
    run.until(lambda: sink.pids == [1, 2, 3], "the records")
    monkeypatch.setattr(run.engine.report, "record", lambda _line: False)  # as if the process ended there
    run.stop()
    monkeypatch.undo()
    assert not sink.health("checkpoint")
    with running(tmp_path, oldest(sink)) as again:
        again.until(lambda: sink.health("checkpoint"), "the checkpoint of the run before")
    told = {event["event"]["id"]: event["acct"]["health"] for event in sink.health("checkpoint")}
    assert [(one["begin"], one["end"], one["records"]) for one in told.values()] == [(0, 192, 3), (192, 192, 0)]


def test_outage_that_began_before_a_restart_ends_when_the_output_works(tmp_path: Path) -> None:
    sink, other = Sink(), Sink()
    sink.before = halt
    with running(tmp_path, oldest(sink), oldest(other, "other")) as run:
        run.append(1)
        run.until(lambda: other.health("output-halted"), "the alert")
    sink.before = lambda _batch: None
    with running(tmp_path, oldest(sink), oldest(other, "other")) as run:
        run.until(lambda: len(other.health("output-halted")) == 2, "the end of the alert")
    start, end = other.health("output-halted")
    assert start["acct"]["health"]["outage"] == end["acct"]["health"]["outage"]
    assert sink.pids == [1]


def test_output_that_left_the_configuration_ends_its_outage(tmp_path: Path) -> None:
    sink, other = Sink(), Sink()
    sink.before = halt
    with running(tmp_path, oldest(sink), oldest(other, "other")) as run:
        run.append(1)
        run.until(lambda: other.health("output-halted"), "the alert")
    with running(tmp_path, oldest(other, "other")) as run:
        run.until(lambda: len(other.health("output-halted")) == 2, "the end of the alert")
    assert "left the configuration" in other.health("output-halted")[1]["message"]


def test_output_that_hangs_four_times_ends_the_daemon(tmp_path: Path) -> None:
    sink, never = Sink(), threading.Event()

    def hang(_batch: object) -> None:
        never.wait()

    sink.before = hang
    run = Running(tmp_path, [oldest(sink, timeout=0.05)])
    run.append(1)
    run.start()
    run.until(lambda: run.engine.failure is not None, "the failure")
    run.stop()
    never.set()
    assert "outputs.sink: " in str(run.engine.failure)


def test_output_that_hangs_does_not_slow_the_other(tmp_path: Path) -> None:
    sink, other, go = Sink(), Sink(), threading.Event()

    def hang(_batch: object) -> None:
        go.wait()

    sink.before = hang
    with running(tmp_path, oldest(sink), oldest(other, "other")) as run:
        run.append(*range(1, 5001))
        run.until(lambda: len(other.pids) == 5000, "all records in the other")
        assert sink.pids == []
        go.set()
        run.until(lambda: len(sink.pids) == 5000, "all records in the one that hung")


def test_bug_in_a_thread_is_no_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = Sink()
    run = Running(tmp_path, [oldest(sink)])
    monkeypatch.setattr(run.engine.shippers[0], "_advance", lambda: 1 / 0)
    run.start()
    run.until(lambda: run.engine.failure is not None, "the failure")
    monkeypatch.undo()
    run.stop()
    assert "a bug in acctship: ZeroDivisionError" in str(run.engine.failure)


def test_what_was_cut_off_before_it_was_read_is_told_with_its_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acctship.delivery.following.holdings.SETTLED", 0.0)
    monkeypatch.setattr("acctship.delivery.engine._LOOK_FOR_LOST", 0.0)
    sink, go = Sink(), threading.Event()

    def hold(_batch: object) -> None:
        go.wait()

    sink.before = hold
    with running(tmp_path, oldest(sink, batch_events=100)) as run:
        run.append(*range(1, 5001))
        segments = tmp_path / "state/segments.json"
        run.until(lambda: f'"size":{5000 * 64}' in segments.read_text(), "the size to be known")
        (tmp_path / "pacct").write_bytes(numbered(7001))
        run.until(lambda: any("cut" in line for line in run.log), "the cut")
        go.set()
        run.until(lambda: sink.health("records-lost"), "the loss")
        run.until(lambda: 7001 in sink.pids, "the record behind the cut")
    (cut,), (lost,) = sink.health("truncated"), sink.health("records-lost")
    got = len(sink.pids) - 1
    assert sink.pids == [*range(1, got + 1), 7001]
    assert lost["acct"]["health"]["begin"] == got * 64
    assert lost["acct"]["health"]["end"] == 5000 * 64 == cut["acct"]["health"]["begin"]
    assert lost["acct"]["health"]["segment"] == cut["acct"]["health"]["previous"]


def test_segments_that_are_forgotten_leave_the_cursor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acctship.delivery.following.segments.MOST_WITHOUT_FILES", 0)
    monkeypatch.setattr("acctship.delivery.following.follower.LOOK_EVERY", 0.05)
    monkeypatch.setattr("acctship.delivery.shipper.EVERY", 0.1)
    sink, cursor = Sink(), tmp_path / "state/cursors/sink.json"
    with running(tmp_path, oldest(sink)) as run:
        for number in range(1, 8):
            run.append(number)
            run.until(lambda number=number: number in sink.pids, "the record")  # type: ignore[misc]  # not inferred
            (tmp_path / "pacct").rename(tmp_path / "old")
        run.append(9)
        run.until(lambda: 9 in sink.pids, "the last record")
        run.until(lambda: len(json.loads(cursor.read_bytes())["places"]) <= 3, "those to go whose files are not open")
    assert sink.pids == [*range(1, 8), 9]


def test_cut_that_was_told_at_the_end_is_not_told_again_at_the_next_start(tmp_path: Path) -> None:
    sink = Sink()
    with running(tmp_path, oldest(sink)) as run:
        run.append(1, 2)
        run.until(lambda: sink.pids == [1, 2], "the records")
        (tmp_path / "pacct").write_bytes(b"")
        run.until(lambda: not run.engine._follower.stirs(), "the cut to be seen")
    with running(tmp_path, oldest(sink)) as run:
        run.append(3)
        run.until(lambda: sink.pids == [1, 2, 3], "the record behind the cut")
    assert len(sink.health("truncated")) == 1
