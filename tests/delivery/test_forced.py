"""Files that a hard limit removed become health events: rather twice than never."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from acctship.accounting.retain import FORCED, FORMAT, Forced
from acctship.delivery.forced import tell_forced
from acctship.delivery.keeping.journal import Journal
from acctship.delivery.reporting import Reporter
from acctship.events.source import Source
from tests.delivery.running import Sink, running
from tests.delivery.standins import deploy
from tests.delivery.test_reporting import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "health.jsonl")


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acctship.delivery.engine.LOOK_FOR_FORCED", 0.0)


def line(path: str, reason: str = "max_size = 1 GB") -> bytes:
    return msgspec.json.encode(Forced(FORMAT, 1_700_000_000.0, path, 640, reason)) + b"\n"


def test_each_file_is_one_event_at_every_output(tmp_path: Path) -> None:
    sink = Sink()
    with running(tmp_path, deploy(lambda: sink, linger=0.0)) as run:
        (run.state.directory / FORCED).write_bytes(line("/var/log/account/pacct.7") + line("/var/log/account/pacct.8"))
        run.until(lambda: len(sink.health("retention-forced")) == 2, "the events")
        run.until(lambda: not list(run.state.directory.glob(f"{FORCED}*")), "the files to be taken away")
    first, _ = sink.health("retention-forced")
    assert first["acct"]["health"] == {"about": "/var/log/account/pacct.7", "size": 640, "reason": "max_size = 1 GB"}
    assert "640 bytes were removed although an output had not had all of them" in first["message"]


def test_what_a_crash_left_is_told_again(tmp_path: Path, desk: Desk) -> None:
    (tmp_path / f"{FORCED}.taken").write_bytes(line("/a"))
    (tmp_path / FORCED).write_bytes(line("/b"))
    tell_forced(tmp_path, desk.report)
    assert [event["acct"]["health"]["about"] for event in desk.events()] == ["/a", "/b"]
    assert not list(tmp_path.glob(f"{FORCED}*"))


def test_nothing_is_removed_before_it_is_on_disk(tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_journal: Journal, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / FORCED).write_bytes(line("/a"))
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "_write", full)
        tell_forced(tmp_path, desk.report)
        tell_forced(tmp_path, desk.report)
        assert (tmp_path / f"{FORCED}.taken").exists()
    desk.report.retry()
    tell_forced(tmp_path, desk.report)
    assert {event["acct"]["health"]["about"] for event in desk.events()} == {"/a"}
    assert not list(tmp_path.glob(f"{FORCED}*"))


@pytest.mark.parametrize(
    "damaged", [b"{", b"\xff\n", line("/a")[:30], line("/a").replace(b'"format":1', b'"format":9')]
)
def test_line_that_cannot_be_read_is_told_of_too(tmp_path: Path, desk: Desk, damaged: bytes) -> None:
    (tmp_path / FORCED).write_bytes(damaged)
    tell_forced(tmp_path, desk.report)
    (event,) = desk.events()
    assert event["event"]["action"] == "retention-forced"
    assert "a line is damaged" in event["message"]


def test_hostile_path_is_escaped(tmp_path: Path, desk: Desk) -> None:
    (tmp_path / FORCED).write_bytes(line("/var/\x1b[31mx\n"))
    tell_forced(tmp_path, desk.report)
    (event,) = desk.events()
    assert event["acct"]["health"]["about"] == "/var/\\x1b[31mx\\x0a"


def test_file_that_cannot_be_taken_is_an_outage(tmp_path: Path, desk: Desk) -> None:
    (tmp_path / f"{FORCED}.taken").mkdir()
    for _ in range(2):
        tell_forced(tmp_path, desk.report)
    (event,) = desk.events()
    assert (event["event"]["action"], event["acct"]["health"]["phase"]) == ("state-unwritable", "start")
    (tmp_path / f"{FORCED}.taken").rmdir()
    tell_forced(tmp_path, Reporter(desk.journal, Source("a test"), desk.log.append))
    assert [event["acct"]["health"]["phase"] for event in desk.events()] == ["start", "end"]
