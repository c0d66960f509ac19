"""Events for people and their tools: JSON, CSV, MessagePack, whole or in part."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from acctship.errors import ConfigError
from acctship.events.batch import EventBatch
from acctship.events.escape import unescape
from acctship.events.fields import leaves
from acctship.events.render import Form, rendering
from tests.builders import HOSTILE_COMMANDS, random_records, record
from tests.events.making import FOREIGN, SOURCE, make

FORMS: tuple[Form, ...] = ("json", "csv", "msgpack")


def json_of(events: EventBatch, select: list[str] | None = None) -> list[dict[str, Any]]:
    header, render = rendering("json", select)
    assert header == b""
    return [json.loads(line) for line in render(events).splitlines()]


def table(events: EventBatch, select: list[str] | None = None) -> list[dict[str, str]]:
    """What a program reads out of the CSV."""
    header, render = rendering("csv", select)
    return list(csv.DictReader(io.StringIO((header + render(events)).decode(), newline="")))


def test_whole_events_in_each_form() -> None:
    events = make(random_records(20))
    whole = [json.loads(line) for line in events.json()]
    assert json_of(events) == whole
    assert rendering("json").render(events) == b"".join(line + b"\n" for line in events.json())
    unpacker = rendering("msgpack").render(events)
    assert unpacker == b"".join(events.msgpack())
    assert [msgspec.msgpack.decode(one) for one in events.msgpack()] == whole


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("select", [None, ["process.name", "user"]])
def test_batches_one_after_another_make_one_document(form: Form, select: list[str] | None) -> None:
    events = make(random_records(20))
    render = rendering(form, select).render
    assert render(events[:7]) + render(events[7:7]) + render(events[7:]) == render(events)
    assert render(EventBatch([])) == b""


def test_selected_fields_come_in_the_order_asked_for() -> None:
    select = ["process.name", "@timestamp", "user.id", "process.pid"]
    (event,) = json_of(make([record()]), select)
    assert list(event) == ["process", "@timestamp", "user"]
    assert event == {
        "process": {"name": "true", "pid": 4242},
        "@timestamp": event["@timestamp"],
        "user": {"id": "1000"},
    }
    (row,) = table(make([record()]), select)
    assert list(row) == select


def test_messagepack_of_a_part_is_the_json_of_it() -> None:
    events = make([record(status=status) for status in (0, 9)])
    for event in events:
        part = rendering("msgpack", ["acct.signal", "process.exit_code"]).render(EventBatch([event]))
        assert [msgspec.msgpack.decode(part)] == json_of(EventBatch([event]), ["acct.signal", "process.exit_code"])


def test_an_object_brings_all_that_it_holds() -> None:
    events = make([record(tty=0x8801)])
    whole = json.loads(events.json()[0])
    assert json_of(events, ["process"]) == [{"process": whole["process"]}]
    assert json_of(events, ["process.tty", "host.boot"]) == [
        {"process": {"tty": whole["process"]["tty"]}, "host": {"boot": whole["host"]["boot"]}}
    ]
    (row,) = table(events, ["process.tty", "user"])
    assert row == {
        "process.tty.char_device.major": "136",
        "process.tty.char_device.minor": "1",
        "user.id": "1000",
        "user.name": "alice",
    }


@pytest.mark.parametrize("select", [["process", "process.name"], ["process.parent.pid", "process"]])
def test_an_object_and_a_field_of_it_are_the_object(select: list[str]) -> None:
    events = make([record()])
    assert sorted(table(events, select)[0].items()) == sorted(table(events, ["process"])[0].items())
    assert json_of(events, select) == json_of(events, ["process"])
    packed = rendering("msgpack", select).render(events)
    assert msgspec.msgpack.decode(packed) == json_of(events, ["process"])[0]


def test_all_labels_and_one_of_them_are_all_labels() -> None:
    events = make([record()])
    for select in (["labels", "labels.site"], ["labels.site", "labels"], ["labels", "labels.none"]):
        assert json_of(events, select) == [{"labels": {"site": "lab"}}]
    assert events[0].labels == {"site": "lab"}


def test_labels_are_selected_by_name_whatever_it_is() -> None:
    labels = {"site": "lab", "of.us": "dotted", "=1": "x"}
    events = make([record()], source=replace(SOURCE, labels=labels))
    assert json_of(events, ["labels.of.us", "labels.site"]) == [{"labels": {"of.us": "dotted", "site": "lab"}}]
    assert json_of(events, ["labels"]) == [{"labels": labels}]
    assert json_of(events, ["labels.none"]) == [{}]
    assert table(events, ["labels.of.us", "labels.none"]) == [{"labels.of.us": "dotted", "labels.none": ""}]
    assert json.loads(table(events, ["labels"])[0]["labels"]) == labels


def test_a_label_is_no_part_of_another_whose_name_it_starts_with() -> None:
    events = make([record()], source=replace(SOURCE, labels={"of": "short", "of.us": "long"}))
    assert json_of(events, ["labels.of", "labels.of.us"]) == [{"labels": {"of": "short", "of.us": "long"}}]
    assert table(events, ["labels.of", "labels.of.us"]) == [{"labels.of": "short", "labels.of.us": "long"}]


@pytest.mark.parametrize("form", FORMS)
def test_wrong_choices_are_refused(form: Form) -> None:
    with pytest.raises(ConfigError, match=r"^--select: no field 'process\.nam'; did you mean process\.name\?$"):
        rendering(form, ["process.nam"])
    with pytest.raises(ConfigError, match=r"^here: a field is named twice$"):
        rendering(form, ["user.id", "process", "user.id"], "here")
    with pytest.raises(ConfigError, match="named twice"):
        rendering(form, ["labels.a", "labels.a"])


def test_csv_has_a_column_for_each_value_and_an_empty_cell_for_what_is_absent() -> None:
    rows = table(make([record(), record(status=9, tty=0x8800)], source=FOREIGN))
    assert list(rows[0]) == [leaf.name for leaf in leaves()]
    assert (rows[0]["process.exit_code"], rows[1]["process.exit_code"]) == ("0", "")
    assert (rows[0]["acct.signal.name"], rows[1]["acct.signal.name"]) == ("", "SIGKILL")
    assert (rows[0]["acct.tty"], rows[1]["acct.tty"]) == ("", "pts/0")
    assert {row["host.name"] + row["labels"] + row["tags"] + row["log.file.path"] for row in rows} == {""}


def test_lists_are_joined_by_spaces() -> None:
    (row,) = table(make([record(flag=0x1B)]), ["acct.flags", "tags", "event.category"])
    assert row == {"acct.flags": "fork su core signal", "tags": "acct audit", "event.category": "process"}
    assert table(make([record(flag=0)]), ["acct.flags", "process.pid"])[0]["acct.flags"] == ""


@pytest.mark.parametrize("comm", HOSTILE_COMMANDS)
def test_a_hostile_name_is_one_harmless_cell(comm: bytes) -> None:
    events = make([record(comm=comm), record(comm=b"next")])
    rows = table(events, ["process.name", "process.pid"])
    assert [row["process.pid"] for row in rows] == ["4242", "4242"]
    assert unescape(rows[0]["process.name"]) == comm
    assert rows[1]["process.name"] == "next"


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_cell_is_a_formula(start: str) -> None:
    comm = start.encode() + b"1+1"
    (row,) = table(make([record(comm=comm)], source=replace(SOURCE, tags=(f"{start}2", "x"))), ["process.name", "tags"])
    assert row["process.name"] == f"\\x{ord(start):02x}1+1"
    assert row["tags"] == f"\\x{ord(start):02x}2 x"
    (event,) = json_of(make([record(comm=comm)]), ["process.name"])
    assert event["process"]["name"] == comm.decode(), "JSON needs no such care"
