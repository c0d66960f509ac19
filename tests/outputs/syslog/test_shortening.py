"""Messages that are too long lose optional fields in a stated order, and never which record it was."""

from __future__ import annotations

from typing import Any

import pytest

import acctship
from acctship.events.fields import fields
from acctship.events.identity import Machine
from acctship.events.omit import without
from acctship.events.source import Source
from acctship.outputs.syslog.message import Formatter
from acctship.outputs.syslog.shorten import OPTIONAL, shorter
from acctship.testing import huge_events
from tests.builders import record
from tests.events.making import SOURCE, make
from tests.outputs.syslog import reading
from tests.outputs.syslog.making import config, everything, health, messages
from tests.schema import assert_valid_event

IDENTITY = {
    "@timestamp", "event.id", "event.action", "event.dataset", "event.outcome", "process.name", "process.pid",
    "process.exit_code", "user.id", "user.name", "host.name", "acct.segment", "acct.offset", "acct.signal.number",
    "acct.signal.name", "acct.health.output", "acct.health.outage", "acct.health.phase",
}  # fmt: skip
CONSTANTS = {"ecs.version", "event.kind", "event.category", "event.type"}
FIGURES = {f"acct.health.{name}" for name in ("segment", "begin", "end", "records", "sent", "complete")}
SHAPES: list[dict[str, Any]] = [
    {"format": "json"},
    {"format": "cee"},
    {"format": "text"},
    {"format": "json", "rfc": "3164"},
    {"format": "text", "structured_data": True},
]


def values(event: acctship.Event) -> dict[str, Any]:
    """What an event says, by the names of its fields that hold no others."""
    leaves = [field for field in fields().values() if field.type != "object"]
    return {field.name: value for field in leaves if (value := field.of(event)) is not None}


def test_every_field_in_the_order_may_be_absent() -> None:
    assert len(set(OPTIONAL)) == len(OPTIONAL)
    assert all(fields()[name].optional for name in OPTIONAL)


def test_all_of_the_order_left_out_leaves_the_identity_and_nothing_else() -> None:
    for event in everything():
        *_, least = shorter(event)
        assert values(event).keys() & IDENTITY <= values(least).keys() <= IDENTITY | CONSTANTS | FIGURES


def test_fields_go_one_after_the_other_in_the_order() -> None:
    for event in everything():
        went, before = [], values(event)
        for less in shorter(event):
            now = values(less)
            (step,) = {
                one for name in before.keys() - now.keys() for one in OPTIONAL if f"{name}.".startswith(f"{one}.")
            }
            went.append(step)
            before = now
        assert went == [one for one in OPTIONAL if fields()[one].of(event) is not None]


def test_objects_that_hold_nothing_any_more_go_too() -> None:
    source = Source("x", Machine(id="1" * 32))
    (event,) = make([record()], source=source)
    (event,) = (without(event, frozenset({"acct.segment", "acct.offset"})),)
    *_, least = shorter(event)
    assert (event.host is None, least.host, least.acct, least.process is None) == (False, None, None, False)


def test_each_step_is_an_event_of_the_schema_and_says_less() -> None:
    for event in everything():
        before = values(event)
        for less in shorter(event):
            assert_valid_event(acctship.EventBatch([less]).json()[0])
            now = values(less)
            assert now.items() < before.items()
            before = now


@pytest.mark.parametrize("keys", SHAPES, ids=str)
def test_at_each_size_the_message_fits_and_no_smaller_one_says_more(keys: dict[str, Any]) -> None:
    source = Source(SOURCE.id, SOURCE.machine, SOURCE.path, {"site": "s" * 150, "b": 'a" =b'}, ("t" * 50,))
    for event in make([record(comm=b'a "b=', status=0x8B, flag=0x18), record(tty=0x8803, status=256)], source=source):
        batch = acctship.EventBatch([event])
        (whole,) = messages(batch, **keys)
        kept: set[tuple[str, str]] | None = None
        last = b""
        for size in range(len(whole) + 1, 479, -1):
            formatter = Formatter(config(**keys, max_message=size))
            made, rejected = formatter.messages(batch)
            if not made:
                assert list(rejected) == [0]
                kept = set()
                continue
            assert not rejected
            assert len(made[0]) <= size
            assert formatter.shortened == (made[0] != whole)
            if made[0] != last:
                says = said(made[0], keys)
                assert kept is None or says < kept
                kept, last = says, made[0]


def said(raw: bytes, keys: dict[str, Any]) -> set[tuple[str, str]]:
    """What a message says, as pairs of names and values."""
    msg = (reading.rfc3164 if "rfc" in keys else reading.rfc5424)(raw).msg
    if keys["format"] == "text":
        return {(name, value.decode()) for name, value in reading.text(msg)}
    event = assert_valid_event(msg.removeprefix("@cee: ").encode())
    return {(name, str(value)) for name, value in values(event).items()}


def test_message_that_fits_is_left_alone() -> None:
    formatter = Formatter(config())
    batch = everything()
    made, _ = formatter.messages(batch)
    assert [raw.split(b" - ", 1)[1] for raw in made[:3]] == list(batch.json()[:3])
    assert formatter.shortened == 0


def test_message_of_exactly_the_size_fits() -> None:
    batch = make([record()])
    (whole,) = messages(batch)
    assert Formatter(config(max_message=len(whole))).messages(batch)[0] == [whole]
    assert len(Formatter(config(max_message=len(whole) - 1)).messages(batch)[0][0]) < len(whole)


def test_size_is_counted_in_bytes() -> None:
    batch = make([record(comm="größe🐧".encode())])
    (whole,) = messages(batch, format="text")
    assert len(whole.decode()) < len(whole)
    assert len(Formatter(config(format="text", max_message=len(whole) - 1)).messages(batch)[0][0]) < len(whole)


def test_huge_labels_are_left_out_before_what_the_kernel_said() -> None:
    formatter = Formatter(config(transport="udp"))
    made, rejected = formatter.messages(huge_events(3, 100_000))
    assert (len(made), rejected, formatter.shortened) == (3, {}, 3)
    for raw in made:
        event = assert_valid_event(reading.rfc5424(raw).msg.encode())
        assert event.labels is None
        assert event.acct is not None
        assert event.acct.cpu is not None


def test_severity_is_that_of_the_whole_event() -> None:
    batch = make([record(status=0x8B, flag=0x18)])
    sizes = range(len(messages(batch)[0]), 479, -1)
    made = [Formatter(config(severity_core="alert", max_message=size)).messages(batch)[0] for size in sizes]
    read = [reading.rfc5424(raw) for some in made for raw in some]
    assert {message.pri % 8 for message in read} == {1}
    assert "core" not in read[-1].msg


def test_what_cannot_be_made_to_fit_is_rejected_with_its_reason_and_the_others_are_not() -> None:
    long, short = make([record()], source=Source("x", machine=SOURCE.machine)), health()[:1]
    (line,) = long.json()
    line = line.replace(b'"name":"web1"', b'"name":"%s"' % (b"h" * 3000))
    batch = acctship.EventBatch.from_json([line, *short.json(), line])
    formatter = Formatter(config(transport="udp"))
    made, rejected = formatter.messages(batch)
    assert len(made) == 1
    assert reading.rfc5424(made[0]).msgid == "output-unreachable"
    assert list(rejected) == [0, 2]
    assert "bytes without optional fields, and max_message is 2048" in rejected[0]
    assert formatter.shortened == 0


def test_what_has_no_optional_field_left_is_rejected_too() -> None:
    (event,) = make([record()])
    *_, least = shorter(event)
    (line,) = acctship.EventBatch([least]).json()
    long = line.replace(b'"name":"web1"', b'"name":"%s"' % (b"h" * 500))
    made, rejected = Formatter(config(max_message=600)).messages(acctship.EventBatch.from_json([long, line]))
    assert (len(made), list(rejected)) == (1, [0])
