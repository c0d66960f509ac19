"""Facility and severity: what a daemon sorts by."""

from __future__ import annotations

from typing import Any, get_args

import pytest

import acctship
from acctship.outputs.syslog.config import Facility, Severity
from acctship.outputs.syslog.priority import priority
from tests.builders import record
from tests.events.making import make
from tests.outputs.syslog import reading
from tests.outputs.syslog.making import health, messages

SUCCEEDED, FAILED, KILLED, CORE = (
    record(),
    record(status=256),
    record(status=9, flag=0x10),
    record(status=11, flag=0x18),
)
CORE_FLAG_ALONE = record(flag=0x08)
"""A process that exited, though another of its threads dumped core: the kernel can say so."""

syslog = pytest.importorskip("syslog", reason="the C library's own numbers")


def severities(**keys: Any) -> list[str]:
    batch = make([SUCCEEDED, FAILED, KILLED, CORE])
    return [get_args(Severity)[reading.rfc5424(raw).pri % 8] for raw in messages(batch, **keys)]


@pytest.mark.parametrize("facility", get_args(Facility))
@pytest.mark.parametrize("severity", get_args(Severity))
def test_numbers_are_those_of_the_c_library(facility: Facility, severity: Severity) -> None:
    other = {"ftp": 11 << 3}  # Python's module lacks it
    number = getattr(syslog, f"LOG_{facility.upper()}", other.get(facility))
    assert priority(facility, severity) == number | getattr(syslog, f"LOG_{severity.upper()}")


def test_everything_is_authpriv_info_unless_the_site_says_otherwise() -> None:
    assert {reading.rfc5424(raw).pri for raw in messages(make([SUCCEEDED, FAILED, KILLED, CORE]))} == {86}


def test_each_end_of_a_process_can_have_a_severity() -> None:
    assert severities(severity_failed="notice", severity_signal="warning", severity_core="crit") == [
        "info",
        "notice",
        "warning",
        "crit",
    ]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"severity": "debug"}, ["debug"] * 4),
        ({"severity_failed": "notice"}, ["info", "notice", "notice", "notice"]),
        ({"severity_signal": "err"}, ["info", "info", "err", "err"]),
        ({"severity_core": "alert"}, ["info", "info", "info", "alert"]),
    ],
)
def test_severity_that_is_not_set_is_that_of_the_wider_case(keys: dict[str, Any], expected: list[str]) -> None:
    assert severities(**keys) == expected


def test_core_dump_of_a_process_that_no_signal_ended_is_none() -> None:
    (raw,) = messages(make([CORE_FLAG_ALONE]), severity_core="alert")
    assert reading.rfc5424(raw).pri == 86


def test_beginning_of_an_outage_is_an_error_whatever_the_severity() -> None:
    for keys in ({}, {"severity": "debug", "severity_failed": "emerg"}):
        start, end, checkpoint = (reading.rfc5424(raw).pri for raw in messages(health(), **keys))
        assert start == priority("authpriv", "err")
        assert end == checkpoint == priority("authpriv", "debug" if keys else "info")


def test_facility_is_that_of_every_message() -> None:
    batch = acctship.EventBatch.from_json([*make([SUCCEEDED]).json(), *health().json()])
    assert {reading.rfc5424(raw).pri // 8 for raw in messages(batch, facility="local6")} == {22}
