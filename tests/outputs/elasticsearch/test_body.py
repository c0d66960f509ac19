"""Bodies of bulk requests: what goes over the wire, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, strategies as st

from acctship import __version__
from acctship.delivery.health import health_event
from acctship.delivery.notice import Notice
from acctship.events.batch import EventBatch
from acctship.events.source import Source
from acctship.outputs.elasticsearch.body import bulk
from acctship.testing import events, health_events, hostile_events

GOLDEN = Path(__file__).parents[2] / "golden/elasticsearch"
STREAMS = {"acct.health": "logs-acct.health-default"}


def test_body_is_what_it_was(golden: Callable[[Path, str], None]) -> None:
    clock = health_event(Notice("clock-stepped", "by 7 s"), Source("a test"), 1_700_000_000_123_000_000, event_id="h-1")
    mixed = EventBatch.from_json([*events(2).json(), clock, *hostile_events().json()[:3]])
    golden(GOLDEN / "bulk.ndjson", bulk(mixed, STREAMS).decode().replace(f'"{__version__}"', '"VERSION"'))


def test_each_event_is_the_line_behind_its_action() -> None:
    batch = EventBatch.from_json([*hostile_events().json(), *health_events(2).json(), *events(3).json()])
    lines = bulk(batch, STREAMS).split(b"\n")
    assert lines.pop() == b""
    assert lines[1::2] == list(batch.json())
    heads = [json.loads(line) for line in lines[::2]]
    assert [head["create"]["_id"] for head in heads] == list(batch.ids)
    assert [head["create"].get("_index") for head in heads] == [STREAMS.get(one) for one in batch.datasets]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5))
def test_any_id_stays_what_it_is(ids: list[str]) -> None:
    batch = events(len(ids))
    batch.ids = ids
    lines = bulk(batch, STREAMS).split(b"\n")
    assert [json.loads(line) for line in lines[:-1:2]] == [{"create": {"_id": one}} for one in ids]
    assert lines[1::2] == list(batch.json())
