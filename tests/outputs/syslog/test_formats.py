"""Bytes of each header and format, and what a receiver reads from them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import acctship
from acctship.outputs.syslog.message import Formatter
from acctship.outputs.syslog.pairs import IDENTITY, RECORD
from tests.builders import record
from tests.events.making import FOREIGN, make
from tests.outputs.syslog import reading
from tests.outputs.syslog.making import HOSTILE, config, everything, health, messages, processes

GOLDEN = Path(__file__).parents[2] / "golden/syslog"
FORMATS = ("json", "cee", "text")
STARTS = {"json": "", "cee": "@cee: "}
SHAPES: dict[str, dict[str, Any]] = {
    **{f"5424-{form}": {"format": form} for form in FORMATS},
    **{f"5424-structured-{form}": {"format": form, "structured_data": True} for form in FORMATS},
    **{f"3164-{form}": {"format": form, "rfc": "3164"} for form in FORMATS},
    **{f"3164-unix-{form}": {"format": form, "transport": "unix", "address": "/dev/log"} for form in FORMATS},
}
WRITTEN = ["5424-structured-json", "3164-unix-text", *(f"{rfc}-{form}" for rfc in ("5424", "3164") for form in FORMATS)]
"""Those that have a golden file; the others are made of the same parts."""
ESCAPED = {"process.name", "user.name", "group.name", "host.name", "log.file.path"}
"""Fields whose value is escaped in the event already."""


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A zone with summer time, for RFC 3164 is in local time."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("shape", WRITTEN)
def test_bytes_are_those_of_the_golden_file(shape: str, golden: Callable[[Path, str], None]) -> None:
    lines = b"\n".join([*messages(everything(), **SHAPES[shape]), b""]).decode()
    golden(GOLDEN / f"{shape}.txt", lines.replace(acctship.__version__, "VERSION"))


@pytest.mark.parametrize(
    "batch", [everything(), everything(HOSTILE), processes(FOREIGN)], ids=("usual", "hostile", "foreign")
)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_message_reads_back_as_the_event(shape: str, batch: acctship.EventBatch) -> None:
    keys = SHAPES[shape]
    read = reading.rfc5424 if shape.startswith("5424") else reading.rfc3164
    for raw, line in zip(messages(batch, **keys), batch.json(), strict=True):
        assert b"\n" not in raw
        message, event = read(raw), json.loads(line)
        assert message.procid == (str(event["process"]["pid"]) if "process" in event else None)
        assert message.app == "acctship"
        if keys["format"] == "text":
            assert reading.text(message.msg) == as_pairs(event, extras=True)
        else:
            assert message.msg.encode() == STARTS[keys["format"]].encode() + line
        if "structured_data" in keys:
            assert message.sd_id == "acct@32473"
            assert message.data is not None
            assert [(name, acctship.unescape(value)) for name, value in message.data] == as_pairs(event, extras=False)


def as_pairs(event: dict[str, Any], *, extras: bool) -> list[tuple[str, bytes]]:
    """What docs/syslog.md says of an event, from its JSON."""
    pairs = []
    if event["event"]["dataset"] == "acct.health":
        pairs += [("action", event["event"]["action"].encode()), ("message", event["message"].encode())]
        for name, value in event["acct"]["health"].items():
            text = value if isinstance(value, str) else json.dumps(value)
            pairs.append(("health_segment" if name == "segment" else name, text.encode()))
    pairs += [(key.name, _bytes(event, key.field)) for key in RECORD if _has(event, key.field)]
    if extras:
        pairs += [(f"labels.{name}", value.encode()) for name, value in event.get("labels", {}).items()]
        pairs += [("tag", tag.encode()) for tag in event.get("tags", ())]
    return pairs + [(key.name, _bytes(event, key.field)) for key in IDENTITY if _has(event, key.field)]


def _at(event: Any, field: str) -> Any:
    for name in field.split("."):
        event = None if event is None else event.get(name)
    return event


def _has(event: dict[str, Any], field: str) -> bool:
    return _at(event, field) is not None


def _bytes(event: dict[str, Any], field: str) -> bytes:
    value = _at(event, field)
    if field in ("event.duration", "acct.cpu.user", "acct.cpu.system"):
        return f"{value / 1e9:.2f}".rstrip("0").rstrip(".").encode()
    if isinstance(value, list):
        return (",".join(value) or "-").encode()
    return acctship.unescape(value) if field in ESCAPED else str(value).encode()


def test_header_of_rfc5424_is_the_events_not_the_senders() -> None:
    batch = everything()
    read = [reading.rfc5424(raw) for raw in messages(batch)]
    assert [(one.timestamp, one.host, one.msgid) for one in read] == [
        (event.timestamp, "web1", event.event.action) for event in batch
    ]


def test_header_of_rfc3164_is_in_local_time() -> None:
    summer, winter = 1_784_000_000, 1_767_600_000  # 2026-07-14T03:33:20Z, 2026-01-05T08:00:00Z
    first, second = messages(make([record(btime=summer), record(btime=winter)]), rfc="3164")
    assert first.startswith(b"<86>Jul 14 05:33:20 web1 acctship[4242]: {")
    assert second.startswith(b"<86>Jan  5 09:00:00 web1 acctship[4242]: {")


def test_socket_of_this_machine_gets_no_host_name_as_from_syslog_3() -> None:
    (raw,) = messages(make([record()]), transport="unix", address="/dev/log", app_name="acct")
    assert raw.startswith(b"<86>Nov 14 23:13:20 acct[4242]: {")


def test_what_is_not_known_is_nil_or_said_to_be_unknown() -> None:
    (process,), (said, *_) = make([record()], source=FOREIGN), health(FOREIGN)
    batch = acctship.EventBatch([process, said])
    ours, about_us = map(reading.rfc5424, messages(batch))
    assert (ours.host, ours.procid, about_us.host, about_us.procid) == (None, "4242", None, None)
    process_3164, health_3164 = messages(batch, rfc="3164")
    assert process_3164.startswith(b"<86>Nov 14 23:13:20 unknown acctship[4242]: {")
    assert health_3164.startswith(b"<83>Nov 14 23:13:20 unknown acctship: {")


def test_host_name_cannot_lead_out_of_a_folder_or_be_two_words() -> None:
    batch = make([record()], source=HOSTILE)
    for rfc in ("5424", "3164"):
        assert b" .._web_1_x acctship" in messages(batch, rfc=rfc)[0]


def test_long_and_odd_values_keep_to_the_limits_of_the_header() -> None:
    (line,) = make([record()]).json()
    line = line.replace(b'"name":"web1"', b'"name":"%s"' % (b"h" * 300)).replace(b"process-ended", "ä b".encode() * 20)
    line = line.replace(b"2023-11-14T22:13:20Z", b"2023-11-14T22:13:20.123456789Z")
    read = reading.rfc5424(messages(acctship.EventBatch.from_json([line]))[0])
    assert (read.host, read.msgid, read.timestamp) == ("h" * 255, "__b" * 10 + "__", "2023-11-14T22:13:20.123456Z")


def test_no_message_has_a_byte_order_mark() -> None:
    for keys in SHAPES.values():
        assert not any("\ufeff".encode() in raw for raw in messages(processes(), **keys))


def test_empty_batch_gives_no_message() -> None:
    assert Formatter(config()).messages(acctship.EventBatch([])) == ([], {})
