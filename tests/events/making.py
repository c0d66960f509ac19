"""Events for tests, and a plain second way to make them: one field after the other, with `struct` and `datetime`."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from acctship import __version__
from acctship.events.batch import EventBatch
from acctship.events.identity import Machine
from acctship.events.names import Names
from acctship.events.normalize import Normalizer
from acctship.events.source import Source
from tests.builders import BTIME, FIELDS, SIZE, Order, batch, plain, record
from tests.schema import assert_valid_event

HERE = Machine("web1", "0123456789abcdef0123456789abcdef", "7e57ab1e-0000-4000-8000-000000000001", BTIME)
SOURCE = Source("f" * 32, HERE, "/var/log/account/pacct", {"site": "lab"}, ("acct", "audit"))
FOREIGN = Source("f" * 32)
NAMES = Names({0: "root", 1000: "alice"}.get, {0: "root", 1000: "staff"}.get)

_SIGNALS = {1: "SIGHUP", 6: "SIGABRT", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM", 31: "SIGSYS", 34: "SIGRTMIN"}


def make(
    records: Iterable[bytes], order: Order = "<", *, source: Source = SOURCE, names: Names = NAMES, offset: int = 0
) -> EventBatch:
    """Events of records that stand in a file from `offset` on."""
    return Normalizer(source, names).events(batch(records, order, offset=offset))


def one(*, source: Source = SOURCE, names: Names = NAMES, **fields: Any) -> dict[str, Any]:
    """The event of a single record, as a reader of its JSON sees it."""
    (line,) = make([record(**fields)], fields.get("order", "<"), source=source, names=names).json()
    assert_valid_event(line)
    event: dict[str, Any] = json.loads(line)
    return event


def expected(raw: bytes, offset: int, first: bytes, order: Order = "<") -> dict[str, Any]:
    """What the event of a record of SOURCE must say, but for names of commands, terminals and rare signals."""
    row = struct.unpack(order + FIELDS, raw)
    flag, _, tty, status, uid, gid, pid, ppid, btime, etime = row[:10]
    utime, stime, mem, _, _, minflt, majflt, _, _ = row[10:]
    ticks, signal = int(etime), status & 0x7F
    end = _time(btime + ticks // 100)
    start_second, start_tick = divmod((btime + ticks // 100) * 100 - ticks, 100)
    start = f"{_time(start_second)[:-1]}.{start_tick:02}0Z"
    code = None if signal else status >> 8 & 255
    segment = sha256(SOURCE.id.encode() + b"\0" + first).hexdigest()[:20]
    user, group, machine = NAMES.user(uid), NAMES.group(gid), HERE
    event = {
        "@timestamp": end,
        "ecs": {"version": "9.0.0"},
        "event": {
            "kind": "event",
            "category": ["process"],
            "type": ["end"],
            "action": "process-ended",
            "dataset": "acct.process",
            "module": "acct",
            "id": f"{segment}-{offset:x}-{zlib.crc32(raw):08x}",
            "sequence": offset // SIZE,
            "duration": ticks * 10_000_000,
            "outcome": "success" if code == 0 else "failure",
            "start": start,
            "end": end,
        },
        "process": {
            "pid": pid,
            "parent": {"pid": ppid},
            "exit_code": code,
            "start": start,
            "end": end,
            "tty": {"char_device": _device(tty)} if tty else None,
        },
        "user": {"id": f"{uid}", "name": user},
        "group": {"id": f"{gid}", "name": group},
        "related": {"user": [user]} if user else None,
        "host": {
            "name": machine.name,
            "id": machine.id,
            "boot": {"id": machine.boot_id} if btime + ticks // 100 >= BTIME else None,
        },
        "acct": {
            "segment": segment,
            "offset": offset,
            "layout": "linux-v3-le" if order == "<" else "linux-v3-be",
            "cpu": {"user": plain(utime) * 10_000_000, "system": plain(stime) * 10_000_000},
            "memory": plain(mem) * 1024,
            "faults": {"minor": plain(minflt), "major": plain(majflt)},
            "flags": [name for at, name in enumerate(("fork", "su", "compat", "core", "signal")) if flag >> at & 1],
            "signal": {"number": signal, "name": _SIGNALS.get(signal)} if signal else None,
        },
        "log": {"file": {"path": SOURCE.path}},
        "agent": {"type": "acctship", "version": __version__},
        "labels": dict(SOURCE.labels),
        "tags": list(SOURCE.tags),
    }
    present: dict[str, Any] = _present(event)
    return present


def comparable(line: bytes) -> dict[str, Any]:
    """An event less what `expected` does not tell."""
    event: dict[str, Any] = json.loads(line)
    del event["process"]["name"]
    event["acct"].pop("tty", None)
    signal = event["acct"].get("signal", {})
    if signal.get("number") not in _SIGNALS:
        signal.pop("name", None)
    return event


def ids(batches: Sequence[EventBatch]) -> list[str]:
    return [name for events in batches for name in events.ids]


def _present(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _present(part) for key, part in value.items()}
    return {key: part for key, part in inner.items() if part not in (None, {})}


def _time(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _device(tty: int) -> dict[str, int]:
    major, minor = tty // 256, tty % 256
    if 136 <= major <= 143:  # all of them are pts, 256 to a major
        return {"major": 136, "minor": (major - 136) * 256 + minor}
    return {"major": major, "minor": minor}
