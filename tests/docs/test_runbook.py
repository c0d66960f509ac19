"""The runbook has a section for whatever a message may send a person to."""

from __future__ import annotations

import re

import pytest

from acctship import errors
from acctship.delivery.notice import ACTIONS, HALTS, Notice
from tests.paths import ROOT

TEXT = (ROOT / errors.RUNBOOK).read_text("utf-8")
SECTIONS = dict(re.findall(r"^## ([a-z-]+)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
PARTS = ["You see", "Cause", "Do", "Data at risk"]
ENDS = {error.section for error in vars(errors).values() if isinstance(error, type) and hasattr(error, "section")}


def test_every_health_event_halt_and_error_has_a_section_and_nothing_else_has() -> None:
    assert set(SECTIONS) == {*ACTIONS, *HALTS, *ENDS}


@pytest.mark.parametrize("name", SECTIONS)
def test_section_says_what_is_seen_why_what_to_do_and_what_is_at_risk(name: str) -> None:
    assert re.findall(r"^\*\*(.+?)\*\* \S", SECTIONS[name], re.MULTILINE) == PARTS


def test_message_of_trouble_ends_in_its_section() -> None:
    lost = Notice("records-lost", "bytes are lost")
    halted = Notice("output-halted", "outputs.a: is halted", "start", "a", section="halted-bug")

    assert lost.text == "bytes are lost (docs/runbook.md#records-lost)"
    assert halted.text == "outputs.a: is halted (docs/runbook.md#halted-bug)"


@pytest.mark.parametrize(
    "notice",
    [
        Notice("output-halted", "delivers again", "end", "a"),
        Notice("checkpoint", "3 records"),
        Notice("shipper-stopped", "shipping stops"),
    ],
)
def test_message_of_good_news_and_routine_does_not(notice: Notice) -> None:
    assert notice.text == notice.message


def test_section_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no-such"):
        Notice("output-halted", "outputs.a: is halted", "start", "a", section="no-such")
