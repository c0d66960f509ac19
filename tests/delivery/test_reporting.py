"""Notices become a line in the log and a health event; the two of an outage belong together, also over a restart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from acctship.delivery.keeping.journal import Journal
from acctship.delivery.notice import Notice
from acctship.delivery.reporting import Reporter
from acctship.events.source import Source

HALTED = Notice("output-halted", "outputs.siem: bad token", "start", "siem", {"output": "siem"})
HEALED = Notice("output-halted", "outputs.siem: works", "end", "siem", {"output": "siem"})


class Desk:
    """A reporter over a journal on disk, with a clock."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            Journal.create(path)
        self.journal = Journal(path)
        self.log: list[str] = []
        self.now = 1_700_000_000_000_000_000
        self.woken = 0
        self.report = Reporter(self.journal, Source("a test"), self.log.append, self.wake, lambda: self.now)

    def wake(self) -> None:
        self.woken += 1

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line, _ in self.journal.read(self.journal.start, 1 << 20)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "health.jsonl")


def test_notice_is_logged_and_journalled_and_outputs_are_woken(desk: Desk) -> None:
    desk.report(Notice("shipper-started", "here we are"))
    assert (desk.log, desk.woken) == (["here we are"], 1)
    assert [event["message"] for event in desk.events()] == ["here we are"]


def test_outage_is_two_events_with_one_id_however_often_it_is_reported(desk: Desk) -> None:
    for notice in (HALTED, HALTED, HEALED, HEALED):
        desk.report(notice)
        desk.now += 2_000_000_000
    start, end = desk.events()
    assert start["acct"]["health"]["outage"] == end["acct"]["health"]["outage"]
    assert end["acct"]["health"]["cause"] == start["message"]
    assert (start["acct"]["health"]["phase"], end["acct"]["health"]["phase"]) == ("start", "end")
    assert (end["event"]["duration"], end["event"]["start"]) == (4_000_000_000, start["@timestamp"])


def test_each_outage_has_an_id_of_its_own(desk: Desk) -> None:
    other = Notice("output-halted", "outputs.copy: no folder", "start", "copy")
    for notice in (HALTED, other, HEALED, HALTED):
        desk.report(notice)
    ids = [event["acct"]["health"]["outage"] for event in desk.events()]
    assert len(set(ids)) == 3
    assert ids[0] == ids[2]


def test_end_of_an_outage_that_nobody_knows_is_not_told(desk: Desk) -> None:
    desk.report(HEALED)
    assert (desk.events(), desk.log) == ([], [])


def test_outage_goes_on_over_a_restart(desk: Desk, tmp_path: Path) -> None:
    desk.report(Notice("file-unreadable", "gone", "start", "/pacct"))
    desk.report(Notice("file-unreadable", "back", "end", "/pacct"))
    desk.report(HALTED)
    desk.journal.close()
    again = Desk(tmp_path / "health.jsonl")
    assert again.report.open_outages() == [("output-halted", "siem")]
    again.report(HALTED)
    again.now += 60_000_000_000
    again.report(HEALED)
    *_, start, end = again.events()
    assert start["acct"]["health"]["outage"] == end["acct"]["health"]["outage"]
    assert end["acct"]["health"]["cause"] == start["message"]
    assert end["event"]["duration"] == 60_000_000_000


def test_event_waits_in_memory_while_the_disk_is_full_and_that_is_said_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.pwrite", full)
        desk.report(Notice("shipper-started", "first"))
        desk.report(Notice("shipper-stopped", "second"))
        desk.report.retry()
    assert (desk.events(), sum("cannot be written" in line for line in desk.log)) == ([], 1)
    desk.report.retry()
    assert [event["message"] for event in desk.events()] == ["first", "second"]
    assert "can be written again; 0 events were dropped" in desk.log[-1]
