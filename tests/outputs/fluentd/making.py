"""Events for the tests of `fluentd`, and what a receiver has to make of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import acctship
from acctship.deployed import deploy
from acctship.testing import Delivered, deliver, events, health_events, hostile_events

Message = dict[str, Any]


def everything() -> acctship.EventBatch:
    """Processes, what acctship says of itself, and names that break whoever is not careful."""
    parts = (events(20), health_events(3), hostile_events())
    return acctship.EventBatch.from_json([line for part in parts for line in part.json()])


def expected(batch: acctship.EventBatch) -> list[Message]:
    """Tag, time and record of each event, by way of JSON."""
    return [
        {"tag": tag, "time_ns": ns, "record": json.loads(line)}
        for tag, ns, line in zip(batch.datasets, batch.times_ns, batch.json(), strict=True)
    ]


def in_order(messages: list[Message]) -> list[Message]:
    """By `event.id`: chunks that are in flight together may arrive in any order."""
    return sorted(messages, key=lambda message: str(message["record"]["event"]["id"]))


def ids(messages: list[Message]) -> list[str]:
    """`event.id` of each, in the order in which they arrived."""
    return [message["record"]["event"]["id"] for message in messages]


def send(batch: acctship.EventBatch, **keys: Any) -> Delivered:
    """Deliver events by the output, as acctship would."""
    return deliver(deploy("tested", {"type": "fluentd", **keys}), [batch])


def expect_all(done: Delivered, batch: acctship.EventBatch) -> None:
    """See that everything was acknowledged."""
    assert (done.acknowledged, done.rejected, done.failure) == (len(batch), {}, None)


def limits(**keys: Any) -> Mapping[str, Any]:
    """The table `[outputs.NAME.delivery]`."""
    return {"delivery": keys}
