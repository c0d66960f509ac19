"""Bytes of what HEC gets, and what a reader of JSON makes of them, whatever somebody named a process or a machine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st

import acctship
from acctship.events.identity import Machine
from acctship.events.source import Source
from acctship.outputs.splunk.config import Config
from acctship.outputs.splunk.envelope import Envelopes
from acctship.testing import events, health_events, hostile_events
from acctship.testing.events import events_of
from tests.builders import commands, record

GOLDEN = Path(__file__).parents[2] / "golden/splunk.txt"
FIELDS = ("event.id", "process.pid", "labels.site", "host.name")
KNOWN = {"time", "host", "source", "sourcetype", "index", "fields", "event"}
"""Keys that HEC knows: at another one it stops indexing, and answers 200."""

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


def objects(batch: acctship.EventBatch, **keys: Any) -> list[bytes]:
    return Envelopes(Config(url="https://a:1", token=acctship.Secret("env", "HEC_TOKEN"), **keys)).objects(batch)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON in which no key comes twice: who reads it does not agree with others on which one counts."""
    made = dict(pairs)
    assert len(made) == len(pairs)
    return made


def test_bytes_are_those_of_the_golden_file(golden: Callable[[Path, str], None]) -> None:
    batch = acctship.EventBatch([*events(2), *hostile_events()[:2], *health_events(1)])
    plain, full = objects(batch), objects(batch, index="acct", host="web1", fields=FIELDS)
    text = b"\n".join([*plain, *full, b""]).decode().replace(acctship.__version__, "VERSION")
    golden(GOLDEN, re.sub(r'"health-[0-9a-f]+"', '"health-ID"', text))  # it is random


@given(
    st.lists(commands(), min_size=1, max_size=5),
    texts,
    texts,
    st.fixed_dictionaries({"index": texts}, optional={"host": texts, "source": texts}),
)
def test_reader_gets_the_event_and_no_more(names: list[bytes], machine: str, label: str, keys: dict[str, str]) -> None:
    where = Source("a test", machine=Machine(name=machine), labels={"site": label})
    batch = events_of([record(pid=1 + at, comm=name) for at, name in enumerate(names)], where)
    for made, line, time_ns in zip(objects(batch, fields=FIELDS, **keys), batch.json(), batch.times_ns, strict=True):
        assert b"\n" not in made
        got, event = json.loads(made, object_pairs_hook=once), json.loads(line)
        assert got.keys() == KNOWN
        assert got["event"] == event
        assert got["time"] == time_ns // 1000 / 1e6
        assert {name: got[name] for name in ("host", "index", "source")} == {
            "host": machine,
            "source": "acctship",
            **keys,
        }
        expected = event["event"]["id"], event["process"]["pid"], label, machine
        assert got["fields"] == dict(zip(FIELDS, expected, strict=True))
