"""The event's schema: what `acctship schema` prints is true, complete, and refuses what is no event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from jsonschema import ValidationError  # type: ignore[import-untyped]

from acctship.events.fields import json_schema
from acctship.events.schema import Event
from tests.builders import random_records, record
from tests.events.making import FOREIGN, SOURCE, make
from tests.schema import assert_valid_event


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Each object of a JSON document."""
    if isinstance(schema, dict):
        yield schema
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from parts(part)


def test_null_is_nowhere_and_nothing_has_a_default() -> None:
    for part in parts(json_schema()):
        assert part.get("type") != "null"
        assert "default" not in part
        assert None not in part.values()
        assert len(part.get("anyOf", [1, 2])) > 1, "a choice of one is none"


def test_every_object_and_every_value_is_described() -> None:
    for part in parts(json_schema()):
        for name, value in part.get("properties", {}).items():
            whole = json_schema()["$defs"][value["$ref"].rpartition("/")[2]] if "$ref" in value else value
            assert whole.get("description"), name


def test_a_schema_is_json_and_says_which_dialect() -> None:
    schema = json.loads(json.dumps(json_schema()))
    assert schema == json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("source", [SOURCE, FOREIGN])
def test_events_are_valid(source: Any) -> None:
    for line in make(random_records(300), source=source).json():
        assert_valid_event(line)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("@timestamp", "yesterday"),
        ("@timestamp", None),
        ("event.start", "2023-11-14 22:13"),
        ("event.id", 5),
        ("event.outcome", None),
        ("process.pid", -1),
        ("process.pid", "1"),
        ("process.exit_code", 0.5),
        ("user.id", 1000),
        ("related.user", "alice"),
        ("labels", {"a": 1}),
        ("tags", "one"),
        ("acct.cpu", {"user": 1}),
    ],
)
def test_what_is_no_event_is_refused(path: str, value: object) -> None:
    event = json.loads(make([record()]).json()[0])
    *outer, last = path.split(".")
    inner = event
    for name in outer:
        inner = inner[name]
    inner[last] = value
    with pytest.raises(ValidationError):
        assert_valid_event(msgspec.json.encode(event))


@pytest.mark.parametrize("name", ["@timestamp", "event", "ecs"])
def test_what_is_always_there_may_not_be_missing(name: str) -> None:
    event = json.loads(make([record()]).json()[0])
    del event[name]
    with pytest.raises(ValidationError):
        assert_valid_event(msgspec.json.encode(event))


def test_no_default_but_none() -> None:
    # A constant that equals its default would be left out of the encoding.
    def structs(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
        yield kind
        for one in msgspec.structs.fields(kind):
            for inner in (one.type, *getattr(one.type, "__args__", ())):
                if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                    yield from structs(inner)

    kinds = list(structs(Event))
    assert len(kinds) >= 15
    for kind in kinds:
        for one in msgspec.structs.fields(kind):
            assert one.default in (None, msgspec.NODEFAULT)
            assert one.default_factory is msgspec.NODEFAULT


def test_events_cost_the_collector_nothing_and_cannot_be_changed() -> None:
    (event,) = make([record()])
    assert not event.__struct_config__.gc
    assert event.__struct_config__.frozen
