"""Names that a process gives itself, and texts of a site: none forges a field, a line, or a terminal's sequence."""

from __future__ import annotations

import unicodedata
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

import acctship
from acctship.events.source import Source
from tests.builders import commands, record, records
from tests.events.making import SOURCE, make
from tests.outputs.syslog import reading
from tests.outputs.syslog.making import messages
from tests.outputs.syslog.test_formats import as_pairs

UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
SHAPES: list[dict[str, Any]] = [{"format": "text"}, {"format": "text", "rfc": "3164"}]

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(commands(), min_size=1, max_size=10))
def test_any_command_is_one_field_of_one_harmless_line(names: list[bytes]) -> None:
    batch = make([record(comm=name) for name in names])
    for keys in SHAPES:
        read = reading.rfc3164 if "rfc" in keys else reading.rfc5424
        for raw, name in zip(messages(batch, **keys), names, strict=True):
            msg = read(raw).msg
            assert reading.text(msg)[0] == ("command", name)
            assert msg.count("=") == len(reading.text(msg))
            assert not {unicodedata.category(char) for char in msg} & UNSAFE


@given(st.lists(commands(), min_size=1, max_size=10))
def test_any_command_is_one_parameter_of_structured_data(names: list[bytes]) -> None:
    batch = make([record(comm=name) for name in names])
    for raw, name in zip(messages(batch, structured_data=True), names, strict=True):
        data = reading.rfc5424(raw).data
        assert data is not None
        assert acctship.unescape(data[0][1]) == name
        assert b"\n" not in raw


@given(st.dictionaries(any_text, any_text, max_size=4), st.lists(any_text, max_size=4))
def test_any_labels_and_tags_read_back(labels: dict[str, str], tags: list[str]) -> None:
    source = Source(SOURCE.id, SOURCE.machine, labels=labels, tags=tuple(tags))
    batch = make([record(comm=b'a b="')], source=source)
    (raw,), (line,) = messages(batch, format="text"), batch.json()
    msg = reading.rfc5424(raw).msg
    assert reading.text(msg) == as_pairs(msgspec.json.decode(line), extras=True)
    assert not {unicodedata.category(char) for char in msg} & UNSAFE


@given(st.lists(records(), min_size=1, max_size=5))
def test_any_record_reads_back(raw_records: list[bytes]) -> None:
    batch = make(raw_records)
    for form in ("json", "text"):
        for raw, line in zip(messages(batch, format=form, structured_data=True), batch.json(), strict=True):
            message, event = reading.rfc5424(raw), msgspec.json.decode(line)
            assert message.data is not None
            assert [(name, acctship.unescape(value)) for name, value in message.data] == as_pairs(event, extras=False)
            if form == "text":
                assert reading.text(message.msg) == as_pairs(event, extras=True)
            else:
                assert message.msg.encode() == line


@pytest.mark.parametrize("forged", ["user=root", 'x" user="root', "x user=root y", "a\u00a0user=root", "\\x3d"])
def test_grep_finds_a_field_only_where_it_is_one(forged: str) -> None:
    (raw,) = messages(make([record(comm=forged.encode())]), format="text")
    assert b"user=root" not in raw
    assert b'user="root' not in raw
    assert b" user=alice " in raw


def test_event_made_by_hand_with_names_that_nobody_escaped_is_harmless_too() -> None:
    (line,) = make([record(comm=b"NAME")]).json()
    line = line.replace(b'"NAME"', msgspec.json.encode("x\n\x1b[31m\u202e user=root\\x0a"))
    batch = acctship.EventBatch.from_json([line])
    (raw,) = messages(batch, format="text", structured_data=True)
    assert not {unicodedata.category(char) for char in raw.decode()} & UNSAFE
    harmless = r"x\x0a\x1b[31m\xe2\x80\xae user=root\x0a"
    message = reading.rfc5424(raw)
    assert message.data is not None
    assert message.data[0] == ("command", harmless.replace(r"\\", "\\"))
    assert reading.text(message.msg)[0] == ("command", acctship.unescape(harmless))
