"""Names, labels and paths that somebody chose to harm whoever reads them: valid JSON, and nothing lost."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given, strategies as st

from acctship.events.escape import escape, unescape
from acctship.events.identity import Machine
from acctship.events.names import Names
from acctship.events.source import Source
from tests.builders import HOSTILE_COMMANDS, commands, record
from tests.events.making import NAMES, SOURCE, make
from tests.schema import assert_valid_event

TEXTS = (
    "100% %s %d %(end)s %%",
    "\0end:b\0",
    "\0",
    'quote " back \\ slash',
    "\\u0000end:b\\u0000",
    "line\nline\r\u2028\u2029\u202e",
    "größe 🐧",
    "",
)


def name_of(line: bytes) -> str:
    event = assert_valid_event(line)
    assert event.process is not None
    return event.process.name


@pytest.mark.parametrize("comm", HOSTILE_COMMANDS)
def test_a_hostile_command_comes_through_whole_and_harmless(comm: bytes) -> None:
    # Between others, so that a template of one could leak into the next.
    names = [name_of(line) for line in make([record(comm=c) for c in (b"sh", comm, b"cat", comm)]).json()]
    assert [unescape(name) for name in names] == [b"sh", comm, b"cat", comm]
    assert not {unicodedata.category(char) for char in names[1]} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_what_follows_nul_is_not_the_name() -> None:
    lines = make([record(comm=b"sh\0%s\xff"), record(comm=b"sh\0\x1b"), record(comm=b"\0sh")]).json()
    assert [name_of(line) for line in lines] == ["sh", "sh", ""]


@given(st.lists(commands(), min_size=1, max_size=30))
def test_any_commands_are_told_apart(comms: list[bytes]) -> None:
    names = [name_of(line) for line in make([record(comm=comm) for comm in comms]).json()]
    assert [unescape(name) for name in names] == comms


@pytest.mark.parametrize("text", TEXTS)
def test_texts_of_the_site_come_through_as_they_are(text: str) -> None:
    source = Source("0" * 32, Machine(text or None, text or None, text or None, 0), text or None, {text: text}, (text,))
    (line,) = make([record()], source=source).json()
    assert_valid_event(line)
    event = json.loads(line)
    assert event["labels"] == {text: text}
    assert event["tags"] == [text]
    if text:
        assert event["host"] == {"name": text, "id": text, "boot": {"id": text}}
        assert event["log"]["file"]["path"] == text


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4), st.lists(st.text(max_size=8), max_size=3))
def test_any_labels_and_tags_come_through_as_they_are(labels: dict[str, str], tags: list[str]) -> None:
    (line,) = make([record()], source=Source("0" * 32, labels=labels, tags=tuple(tags))).json()
    assert_valid_event(line)
    event = json.loads(line)
    assert event.get("labels", {}) == labels
    assert event.get("tags", []) == tags


@pytest.mark.parametrize("raw", [b"100%s", b"\0end:b\0", b"\xff\n", b'a"b\\c', "\u202ehcet".encode()])
def test_a_hostile_user_comes_through_whole_and_harmless(raw: bytes) -> None:
    hostile = Names({0: escape(raw)}.get, {0: escape(raw)}.get)
    lines = make([record(uid=0, gid=0), record()], names=hostile).json()
    event = json.loads(lines[0])
    assert_valid_event(lines[0])
    assert unescape(event["user"]["name"]) == unescape(event["group"]["name"]) == raw
    assert event["related"]["user"] == [event["user"]["name"]]
    assert "name" not in json.loads(lines[1])["user"]


def test_the_same_records_have_the_same_lines_in_any_company() -> None:
    raws = [record(comm=comm, uid=uid) for comm in HOSTILE_COMMANDS for uid in (0, 1000, 5)]
    whole = make(raws, source=SOURCE, names=NAMES)
    again = make(raws, source=SOURCE, names=NAMES)
    assert whole.json() == again.json()
    assert len(set(whole.json())) == len(raws)
