"""What a chunk holds: each event once, as a receiver's decoder reads it, and as fluent-logger would have sent it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]  # it has no types
import pytest
from fluent.sender import EventTime, FluentSender  # type: ignore[import-untyped]  # it has no types

from acctship import EventBatch
from acctship.outputs.fluentd.chunks import Chunk, Packer
from acctship.outputs.fluentd.entries import heads
from acctship.testing import events, health_events, hostile_events, huge_events
from tests.outputs.fluentd.entries import Entry, entries_of, time_ns
from tests.outputs.fluentd.sending import read
from tests.outputs.syslog.making import HOSTILE, everything

GOLDEN = Path(__file__).parents[2] / "golden/fluentd"


def packed(batch: EventBatch, **keys: Any) -> list[Chunk]:
    config = read(**keys)
    chunks, rejected = Packer(config).chunks(batch, config.longest)
    assert not rejected
    return chunks


def opened(chunk: Chunk) -> tuple[str, list[Entry], dict[str, Any]]:
    """Tag, entries and option of a chunk."""
    tag, data, option = msgpack.unpackb(chunk.frame)
    assert option["chunk"] == chunk.id.decode()
    made = entries_of(data, compressed=option.get("compressed", "text"))
    assert option["size"] == len(made)
    return tag, made, option


@pytest.mark.parametrize("compress", ["none", "gzip"])
def test_every_event_is_there_as_in_json_with_its_time(compress: str) -> None:
    batch = EventBatch([*everything(HOSTILE), *hostile_events()])
    made = [entry for chunk in packed(batch, compress=compress, tag="all") for entry in opened(chunk)[1]]
    assert [record for _, record in made] == [json.loads(line) for line in batch.json()]
    assert [when for when, _ in made] == batch.times_ns


def test_processes_and_health_have_tags_of_their_own() -> None:
    processes, health = events(3), health_events(2)
    mixed = EventBatch([processes[0], health[0], processes[1], health[1], processes[2]])
    made = {tag: [record["event"]["id"] for _, record in entries] for tag, entries, _ in map(opened, packed(mixed))}
    assert made == {"acct.process": processes.ids, "acct.health": health.ids}


def test_milliseconds_of_health_are_kept() -> None:
    [chunk] = packed(health_events(1))
    assert [when for when, _ in opened(chunk)[1]] == [1_700_000_000_123_000_000]


def test_host_is_the_one_that_the_event_is_about() -> None:
    tags = {opened(chunk)[0] for chunk in packed(everything(HOSTILE), tag="unix.{host}.{dataset}")}
    assert tags == {"unix..._web_1_x.acct.process", "unix..._web_1_x.acct.health"}
    assert {opened(chunk)[0] for chunk in packed(events(2), tag="{host}")} == {"unknown"}


@pytest.mark.parametrize("ns", [0, 1, 1_700_000_000_123_456_789, (1 << 32) * 10**9 - 1])
def test_time_has_the_bytes_of_fluent_loggers_event_time(ns: int) -> None:
    [head] = heads([ns])
    assert head == b"\x92" + msgpack.packb(EventTime.from_unix_nano(ns))
    assert time_ns(msgpack.unpackb(head[1:])) == ns


def test_time_beyond_event_time_is_the_nearest_that_it_can_tell() -> None:
    batch = EventBatch.from_json(events(2).json(), [-1, (1 << 32) * 10**9])
    [chunk] = packed(batch)
    assert [when for when, _ in opened(chunk)[1]] == [0, (1 << 32) * 10**9 - 1]


def test_fluent_logger_sends_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    batch, theirs = EventBatch([*events(5), *hostile_events()]), io.BytesIO()
    sender = FluentSender("acct", nanosecond_precision=True)
    monkeypatch.setattr(sender, "_send", theirs.write)
    for line, ns in zip(batch.json(), batch.times_ns, strict=True):
        sender.emit_with_time("process", EventTime.from_unix_nano(ns), json.loads(line))
    theirs.seek(0)
    said = [(tag, time_ns(when), record) for tag, when, record in msgpack.Unpacker(theirs)]
    assert said == [(tag, *entry) for tag, entries, _ in map(opened, packed(batch)) for entry in entries]


def test_flat_records_have_the_same_values_under_dotted_keys() -> None:
    batch = everything(HOSTILE)
    flat = [record for chunk in packed(batch, flat=True, tag="all") for _, record in opened(chunk)[1]]
    assert not any(isinstance(value, dict) for record in flat for value in record.values())
    for record, line in zip(flat, batch.json(), strict=True):
        assert record == dict(leaves(json.loads(line)))


def leaves(nested: dict[str, Any], *outer: str) -> list[tuple[str, Any]]:
    return [
        leaf
        for key, value in nested.items()
        for leaf in (leaves(value, *outer, key) if isinstance(value, dict) else [(".".join([*outer, key]), value)])
    ]


def test_chunks_keep_to_their_length_and_lose_nothing() -> None:
    batch = events(500)
    chunks = packed(batch, max_chunk=10_000)
    assert max(chunk.size for chunk in chunks) <= 10_000
    assert len(chunks) > 20
    assert [record["event"]["id"] for chunk in chunks for _, record in opened(chunk)[1]] == batch.ids


def test_event_that_is_longer_goes_alone_or_is_rejected() -> None:
    batch = EventBatch([*events(1), *huge_events(1, 20_000), *events(1, first_pid=2)])
    chunks, rejected = Packer(read()).chunks(batch, 10_000)
    assert [opened(chunk)[2]["size"] for chunk in chunks] == [1, 1, 1]
    assert not rejected
    chunks, rejected = Packer(read(max_chunk=10_000)).chunks(batch, 10_000)
    assert list(rejected) == [1]
    assert rejected[1].startswith("too large: ")
    assert [record["event"]["id"] for _, record in opened(chunks[0])[1]] == [batch.ids[0], batch.ids[2]]


def test_nothing_makes_no_chunk() -> None:
    assert packed(EventBatch([])) == []


def test_same_events_have_the_same_id_and_others_another() -> None:
    [first], [again], [other] = packed(events(5)), packed(events(5)), packed(events(5, first_pid=6))
    [tagged] = packed(events(5), tag="other")
    assert first == again
    assert len({first.id, other.id, tagged.id}) == 3


@pytest.mark.parametrize(("name", "keys"), [("nested", {}), ("flat-gzip", {"flat": True, "compress": "gzip"})])
def test_bytes_of_a_chunk(name: str, keys: dict[str, Any], golden: Callable[[Path, str], None]) -> None:
    batch = EventBatch([*events(2), *health_events(0)])
    golden(GOLDEN / f"packed-forward-{name}.txt", "".join(hexdump(chunk.frame) for chunk in packed(batch, **keys)))


def hexdump(data: bytes) -> str:
    rows = [data[at : at + 16] for at in range(0, len(data), 16)]
    return "".join(
        f"{row.hex(' '):<47}  {''.join(chr(one) if 32 <= one < 127 else '.' for one in row)}\n" for row in rows
    )
