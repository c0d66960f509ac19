"""Leaving fields out: what may be, what may not, and what is left."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from acctship.errors import ConfigError
from acctship.events.fields import fields
from acctship.events.normalize import Normalizer
from acctship.events.omit import PRESETS, omitted, without
from tests.builders import batch, random_records, record
from tests.events.making import FOREIGN, NAMES, SOURCE, make
from tests.schema import assert_valid_event

RECORDS = [*random_records(20), record(status=9, flag=16, tty=0x8801)]
OPTIONAL = sorted(name for name, one in fields().items() if one.optional)
FIXED = sorted(name for name, one in fields().items() if not one.optional)


def lines(omit: frozenset[str], records: list[bytes] = RECORDS) -> list[bytes]:
    return list(Normalizer(SOURCE, NAMES, omit).events(batch(records)).json())


def pruned(value: dict[str, Any], names: frozenset[str], prefix: str = "") -> dict[str, Any]:
    """The same, done to parsed JSON."""
    left = {}
    for key, part in value.items():
        if prefix + key in names:
            continue
        inner = pruned(part, names, f"{prefix}{key}.") if isinstance(part, dict) and key != "labels" else part
        if inner != {}:
            left[key] = inner
    return left


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_valid(preset: str) -> None:
    names = omitted(preset, "here")
    assert names == set(PRESETS[preset]) == omitted(list(PRESETS[preset]), "here")


def test_minimal_is_at_least_a_third_smaller() -> None:
    full, minimal = (sum(map(len, lines(omitted(preset, "here")))) for preset in ("full", "minimal"))
    assert minimal < full * 2 / 3


def test_minimal_keeps_who_ran_what_where_when_for_how_long_and_how_it_ended() -> None:
    killed, left = (json.loads(line) for line in lines(omitted("minimal", "here"), [record(status=9), record()]))
    assert left["user"] == {"id": "1000", "name": "alice"}
    assert left["process"] == {"name": "true", "pid": 4242, "parent": {"pid": 1}, "exit_code": 0}
    assert left["host"] == {"name": "web1"}
    assert left["event"].keys() >= {"id", "duration", "outcome"}
    assert left["@timestamp"] == "2023-11-14T22:13:20Z"
    assert killed["acct"] == {"signal": {"number": 9, "name": "SIGKILL"}}


@given(st.frozensets(st.sampled_from(OPTIONAL), max_size=12))
def test_any_optional_fields_can_be_omitted_and_nothing_else_goes(names: frozenset[str]) -> None:
    assert omitted(list(names), "here") == names
    for full, less in zip(lines(frozenset()), lines(names), strict=True):
        assert_valid_event(less)
        assert json.loads(less) == pruned(json.loads(full), names)


def test_all_that_is_optional_can_be_omitted_at_once() -> None:
    for line in lines(omitted(OPTIONAL, "here")):
        assert_valid_event(line)
        assert json.loads(line).keys() == {"@timestamp", "ecs", "event"}


def test_objects_that_hold_nothing_are_dropped() -> None:
    (event,) = make([record()])
    less = without(event, omitted(["host.name", "host.id", "host.boot"], "here"))
    assert less.host is None
    assert event.host is not None, "the event itself is not touched"
    assert b"{}" not in msgspec.json.encode(less)
    (foreign,) = Normalizer(FOREIGN, NAMES).events(batch([record()])).json()
    assert "host" not in json.loads(foreign)


def test_templates_of_different_omissions_are_not_mixed() -> None:
    one, other = Normalizer(SOURCE, NAMES, frozenset({"process.pid"})), Normalizer(SOURCE, NAMES)
    first, second = one.events(batch(RECORDS)).json(), other.events(batch(RECORDS)).json()
    assert first == lines(frozenset({"process.pid"}))
    assert second == lines(frozenset())


def test_messagepack_says_what_json_says() -> None:
    events = Normalizer(SOURCE, NAMES, omitted("minimal", "here")).events(batch(RECORDS))
    assert [msgspec.msgpack.decode(one) for one in events.msgpack()] == [json.loads(line) for line in events.json()]


@pytest.mark.parametrize("name", FIXED)
def test_what_is_always_there_is_refused_with_what_to_omit_instead(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        omitted([name], "outputs.siem.omit")
    message = str(caught.value)
    start, _, whole = message.partition(": omit ")
    outer = next(
        (name[:at] for at in range(len(name), 0, -1) if name[at : at + 1] == "." and name[:at] in OPTIONAL), ""
    )
    assert whole == outer
    assert start == f"outputs.siem.omit: {name} cannot be omitted" + (" by itself" if outer else "")


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("process.parent.pid", "process.parent"),
        ("process.tty.char_device.major", "process.tty"),
        ("acct.cpu.user", "acct.cpu"),
        ("user.id", "user"),
        ("log.file.path", "log"),
        ("event.id", ""),
        ("@timestamp", ""),
    ],
)
def test_the_advice_names_the_nearest_object_that_can_go(name: str, whole: str) -> None:
    with pytest.raises(ConfigError) as caught:
        omitted([name], "here")
    assert str(caught.value).partition("omit ")[2] == whole


def test_wrong_names_are_refused() -> None:
    with pytest.raises(ConfigError, match="here: no preset 'minimum': full or minimal, or a list of fields"):
        omitted("minimum", "here")
    with pytest.raises(ConfigError, match=r"here: no field 'process\.nam'; did you mean process\.name"):
        omitted(["process.nam"], "here")
    with pytest.raises(ConfigError, match=r"labels\.site cannot be omitted by itself: take it out of \[source\]"):
        omitted(["labels.site"], "here")
