"""Outages of accounting itself: one at a time, with the right reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from acctship.accounting.pausing import Room, Thresholds
from acctship.delivery.outages import Outages
from tests.delivery.test_reporting import Desk

FULL, LOW, ROOMY = (Room(free, 100, free * 4096, Thresholds(resume=4, suspend=2, every=30)) for free in (1, 3, 4))


class Case:
    """The outages of one run, with a clock."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.now = desk, 0.0
        self.outages = Outages("/var/account/pacct", desk.report, lambda: self.now)

    def missing(self, space: Room | None, cause: str = "by eve") -> None:
        self.outages.missing(self.outages.paused(space), cause, {})

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(event["event"]["action"], event["acct"]["health"]["phase"]) for event in self.desk.events()]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(Desk(tmp_path / "health.jsonl"))


def test_off_and_on(case: Case) -> None:
    for _ in range(3):
        case.missing(ROOMY)
    case.outages.found("by eve")
    case.outages.found("")
    assert case.told == [("accounting-stopped", "start"), ("accounting-stopped", "end")]
    start, end = (event["message"] for event in case.desk.events())
    assert start.startswith("/var/account/pacct: a process that ended has no record: accounting is off")
    assert "by eve" in start
    assert "by eve" in end


def test_paused_until_the_kernel_looks_again(case: Case) -> None:
    case.missing(FULL)
    case.missing(LOW)
    case.missing(ROOMY)
    case.now += 60
    case.missing(ROOMY)
    assert case.told == [("accounting-paused", "start")], "the kernel may not have looked yet"
    case.outages.found("")
    assert case.told[1:] == [("accounting-paused", "end")]


def test_paused_and_then_off(case: Case) -> None:
    case.missing(LOW)
    case.missing(ROOMY)
    case.now += 61
    case.missing(ROOMY)
    assert case.told == [
        ("accounting-paused", "start"),
        ("accounting-paused", "end"),
        ("accounting-stopped", "start"),
    ]


def test_off_stays_off_when_the_disk_fills(case: Case) -> None:
    case.missing(None)
    case.missing(FULL)
    assert case.told == [("accounting-stopped", "start")]


def test_an_outage_from_before_the_start_is_ended(case: Case, tmp_path: Path) -> None:
    case.missing(FULL)
    again = Case(Desk(tmp_path / "health.jsonl"))
    again.missing(ROOMY)
    again.outages.found("")
    assert again.told == [("accounting-paused", "start"), ("accounting-paused", "end")]


def test_a_canary_that_cannot_be_sent_says_nothing_of_accounting(case: Case) -> None:
    case.outages.failed("no such file")
    case.outages.failed("no such file")
    case.outages.sent()
    case.outages.sent()
    assert case.told == [("canary-failed", "start"), ("canary-failed", "end")]
