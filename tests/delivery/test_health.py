"""Health events: valid by the schema of all events, and escaped."""

from __future__ import annotations

import json

import pytest

from acctship.delivery.health import health_event, time_ns
from acctship.delivery.notice import ACTIONS, Notice
from acctship.events.identity import Machine
from acctship.events.source import Source
from tests.schema import assert_valid_event

SOURCE = Source("a test", Machine("web1", "0" * 32), "/var/log/account/pacct", {"site": "x"}, ("pci",))
NOW = 1_700_000_000_123_456_789


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_gives_a_valid_event(action: str) -> None:
    notice = Notice(action, "something happened", details={"output": "siem", "begin": 0, "lag": 7})
    event = assert_valid_event(health_event(notice, SOURCE, NOW))
    assert (event.event.action, event.event.dataset, event.timestamp) == (
        action,
        "acct.health",
        "2023-11-14T22:13:20.123Z",
    )
    assert event.acct
    assert event.acct.health
    assert (event.acct.health.output, event.acct.health.lag, event.labels) == ("siem", 7, {"site": "x"})


def test_end_of_an_outage_says_when_it_began_and_how_long_it_was() -> None:
    notice = Notice("output-halted", "it works", "end", "siem")
    event = json.loads(health_event(notice, SOURCE, NOW, outage="abc", began_ns=NOW - 5_000_000_000))
    assert event["event"]["start"] == "2023-11-14T22:13:15.123Z"
    assert event["event"]["end"] == event["@timestamp"]
    assert event["event"]["duration"] == 5_000_000_000
    assert event["acct"]["health"] == {"outage": "abc", "phase": "end"}


def test_clock_that_went_back_makes_no_negative_duration() -> None:
    notice = Notice("output-halted", "it works", "end", "siem")
    assert json.loads(health_event(notice, SOURCE, NOW, outage="abc", began_ns=NOW + 1))["event"]["duration"] == 0


def test_two_events_have_two_ids() -> None:
    notice = Notice("shipper-started", "here we are")
    ids = {json.loads(health_event(notice, SOURCE, NOW))["event"]["id"] for _ in range(100)}
    assert len(ids) == 100


def test_unknown_machine_has_no_host() -> None:
    event = json.loads(health_event(Notice("checkpoint", "so far"), Source("a test"), NOW))
    assert {"host", "log", "labels", "tags"}.isdisjoint(event)


def test_action_that_is_not_documented_is_a_bug() -> None:
    with pytest.raises(ValueError, match="'made-up' is not among the actions"):
        Notice("made-up", "something happened")


def test_time_of_an_event_is_read_as_it_was_written_to_the_millisecond() -> None:
    for milli in range(1000):
        now = 1_700_000_000_000_000_000 + milli * 1_000_000
        told = json.loads(health_event(Notice("truncated", "it was cut"), SOURCE, now))["@timestamp"]
        assert time_ns(told) == now
