"""Every field of every event is in the Elastic Common Schema with that type, or under `acct`, or a label."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest

from acctship.delivery.health import health_event
from acctship.delivery.notice import ACTIONS, Notice
from acctship.events.fields import leaves
from acctship.testing import health_events, hostile_events
from tests.builders import random_records
from tests.events.ecs_fields import ECS_FIELDS, ERROR, TYPES
from tests.events.making import FOREIGN, SOURCE, make

OURS = ("acct.", "labels.")
VALUES = {"keyword": "text", "match_only_text": "text", "date": "time", "long": "number", "object": "map"}
"""What acctship calls the types of ECS; a list is a field with several values."""


def moments() -> list[bytes]:
    """An event of each kind that acctship says of itself."""
    return [health_event(Notice(action, "said"), SOURCE, 1_700_000_000_000_000_000) for action in ACTIONS]


def outages() -> list[bytes]:
    notice = Notice("accounting-stopped", "is on again", "end", "/var/log/pacct", details={"cause": "off"})
    return [health_event(notice, SOURCE, 1_700_000_000_000_000_000, outage="0-1", began_ns=1_600_000_000_000_000_000)]


ALL: dict[str, Sequence[bytes]] = {
    "records": make(random_records(500)).json(),
    "another machine's records": make(random_records(100), source=FOREIGN).json(),
    "hostile": hostile_events().json(),
    "health": health_events(3).json(),
    "each action": moments(),
    "an outage": outages(),
}


def values(part: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each value of an event by its dotted name."""
    for key, value in part.items():
        if isinstance(value, dict):
            yield from values(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            yield from ((prefix + key, one) for one in value)
        else:
            yield prefix + key, value


def fits(kind: str, value: Any) -> bool:
    if kind == "long":
        return type(value) is int and -(2**63) <= value < 2**63
    if kind == "date":
        return datetime.fromisoformat(value).tzinfo is not None
    return kind in ("keyword", "match_only_text") and isinstance(value, str)


@pytest.mark.parametrize("name", ALL)
def test_what_events_say_is_in_ecs_or_ours(name: str) -> None:
    seen = 0
    for line in ALL[name]:
        for path, value in values(json.loads(line)):
            seen += 1
            if not path.startswith(OURS):
                assert fits(ECS_FIELDS[path], value), (path, value)
    assert seen > 10


def test_what_the_schema_allows_is_in_ecs_or_ours() -> None:
    strange = {
        field.name: field.type
        for field in leaves()
        if not field.name.startswith(OURS)
        and field.type != "list"
        and VALUES.get(ECS_FIELDS.get(field.name, "")) != field.type
    }
    assert strange == {}
    assert all(field.name in ECS_FIELDS for field in leaves() if field.type == "list" and field.name != "acct.flags")


@pytest.mark.parametrize("name", ALL)
def test_categories_and_types_are_those_of_ecs(name: str) -> None:
    for line in ALL[name]:
        event = json.loads(line)["event"]
        (category,) = event["category"]
        assert set(event["type"]) <= TYPES[category] | {ERROR}
