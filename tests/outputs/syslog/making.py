"""Events and configurations for the tests of `syslog`."""

from __future__ import annotations

from typing import Any

import acctship
from acctship.delivery.health import health_event
from acctship.delivery.notice import Notice
from acctship.events.identity import Machine
from acctship.events.source import Source
from acctship.outputs.syslog.config import Config
from acctship.outputs.syslog.message import Formatter
from acctship.testing import HOSTILE_COMMANDS
from tests.builders import record
from tests.events.making import SOURCE, make

NOW_NS = 1_700_000_000_123_000_000
HOSTILE = Source(
    "f" * 32,
    Machine("../web 1=x"),
    "/var/log/a\\x0ab pacct",
    {"a b=c": 'quote " back \\ slash', "\n": "line\nline\u2028\x1b[31m", "": "", "größe\u00a0": "\u00a0🐧", "]": "]"},
    ("user=root", 'x" user="root', " ", "", "\\x0a"),
)
"""A site whose host name, path, labels and tags break whoever is not careful."""


def config(**keys: Any) -> Config:
    return Config(**{"transport": "tcp", "address": "siem.example:601", **keys})


def messages(batch: acctship.EventBatch, **keys: Any) -> list[bytes]:
    """The messages of a batch, none of which is too long."""
    made, rejected = Formatter(config(**keys)).messages(batch)
    assert not rejected
    assert len(made) == len(batch)
    return made


def processes(source: Source = SOURCE) -> acctship.EventBatch:
    """A process for each hostile name; they differ in what the kernel can say."""
    return make(
        [
            record(
                comm=comm,
                pid=100 + at,
                flag=at & 0x1F,
                uid=(0, 1000, 4711)[at % 3],
                tty=(0, 0x8803)[at % 2],
                status=(0, 256, 9, 0x8B)[at % 4],
                etime=105.0 * at,
                mem=at,
                minflt=at,
            )
            for at, comm in enumerate(HOSTILE_COMMANDS)
        ],
        source=source,
    )


def health(source: Source = SOURCE) -> acctship.EventBatch:
    """What acctship says of itself: an outage, its end, and a checkpoint."""
    what = 'outputs.siem: "refused" by ../x = y \\ z'
    outage = {"output": "siem"}
    numbers = {"segment": "0a1b", "begin": 0, "end": 5888, "records": 92, "sent": 92, "complete": True}
    return acctship.EventBatch.from_json(
        [
            health_event(Notice("output-unreachable", what, "start", "siem", outage), source, NOW_NS, event_id="h-1",
                         outage="0-1"),
            health_event(Notice("output-unreachable", what, "end", "siem", outage), source, NOW_NS, event_id="h-2",
                         outage="0-1", began_ns=NOW_NS - 1_500_000_000),
            health_event(Notice("checkpoint", "92 records", details=numbers), source, NOW_NS, event_id="h-3"),
        ]
    )  # fmt: skip


def everything(source: Source = SOURCE) -> acctship.EventBatch:
    return acctship.EventBatch.from_json([*processes(source).json(), *health(source).json()])
