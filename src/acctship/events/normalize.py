"""How a record becomes an event.

Records of one machine are much alike: a few dozen combinations of user, terminal and ending make up its day. So each
combination is put into an `Event` once, with slots for names, numbers and times; its JSON becomes a template; and a
record costs one look-up and one formatting. The event is written down in one place, `_event`.
"""

from __future__ import annotations

import re
import struct
import time
from collections.abc import Callable, Iterable, Mapping
from operator import add
from typing import Any
from weakref import proxy

import msgspec
import numpy as np

from acctship._version import __version__
from acctship.events import schema
from acctship.events.batch import EventBatch
from acctship.events.escape import escape
from acctship.events.identity import segment_id
from acctship.events.memory import Memory
from acctship.events.names import Names, no_name
from acctship.events.omit import NOTHING, without
from acctship.events.signals import exit_code, outcome, signal_name, signal_number
from acctship.events.source import Source
from acctship.events.times import second_text, zulu
from acctship.events.ttys import tty_device, tty_name
from acctship.records import RecordBatch, command
from acctship.records.columns import ACOMPAT, ACORE, AFORK, ASU, AXSIG, NS

MS = 1_000_000
_FRACTIONS = [b".%03dZ" % millisecond for millisecond in range(1000)]
_FLAGS = {AFORK: "fork", ASU: "su", ACOMPAT: "compat", ACORE: "core", AXSIG: "signal"}
_encode = msgspec.json.Encoder().encode

# What is the same in many records, as a key for their template: the same bytes for numpy and for struct.
_ALIKE = np.dtype([("status", "u4"), ("uid", "u4"), ("gid", "u4"), ("tty", "u2"), ("flags", "u1"), ("now", "?")])
_unpack_alike = struct.Struct("=IIIHB?").unpack

# JSON has every control character escaped, so NUL can mark a slot.
_NAMED_SLOT = re.compile(rb"\0(\w+):\w\0")

Slots = Mapping[str, Any]

NAMES_KEEP, NO_NAME_KEEP = 60.0, 1.0
"""Seconds until names of users and groups are looked up again, and until a missing one is."""


class Normalizer:
    """Makes the events of one accounting file.

    Args:
        source: where the records come from.
        names: tells names of users and groups.
        omitted: fields to leave out: see `acctship.events.omit.omitted`.
        clock: seconds, for tests.
    """

    def __init__(
        self,
        source: Source,
        names: Names,
        omitted: frozenset[str] = NOTHING,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source, self._names, self._omitted, self._clock = source, names, omitted, clock
        self._segment = ""
        self._order: list[str] = []
        this = proxy(self)  # a bound method would close a cycle, which keeps thousands of templates for a while
        self._templates: Memory[bytes, bytes] = Memory(lambda key: this._template(key), most=8192)  # noqa: PLW0108
        self._templates_end = 0.0
        self._time = Memory(zulu, most=4096).__getitem__
        self._second = Memory(second_text, most=4096).__getitem__
        self._name = Memory(json_name, most=4096).__getitem__

    def events(self, records: RecordBatch) -> EventBatch:
        """Events of the next records of the file. The first record ever given names the segment."""
        if not len(records):
            return EventBatch([])
        if not self._segment:
            self.begin(records)
        if self._clock() >= self._templates_end:
            self._templates.clear()
            self._templates_end = self._clock() + NAMES_KEEP
        ends = records.end_seconds()
        templates = list(map(self._templates.__getitem__, self._keys(records)))
        columns = self._columns(records)
        values = zip(*(columns[name] for name in self._order), strict=True)
        lines = [template % value for template, value in zip(templates, values, strict=True)]
        return EventBatch.from_json(lines, (ends * NS).tolist())

    def begin(self, records: RecordBatch) -> None:
        """Learn from the first records of a file what is the same for all: its layout, and the segment's name.

        `events` does so by itself; only who reads a file backwards has to call this before.
        """
        self._segment = segment_id(self._source.id, records.record(0))
        self._layout = records.layout
        self._slots = _slots(records, self._segment, lambda _, form: f"\0{form}")
        named = _slots(records, self._segment, lambda name, form: f"\0{name}:{form}\0")
        line = _encode(without(self._event(self._keys(records)[0], named, Names(no_name, no_name)), self._omitted))
        self._order = [name.decode() for name in _NAMED_SLOT.findall(line)]

    def _keys(self, records: RecordBatch) -> list[bytes]:
        keys = np.empty(len(records), _ALIKE)
        keys["status"], keys["uid"], keys["gid"] = records.wait_statuses(), records.uids(), records.gids()
        keys["tty"], keys["flags"] = records.ttys(), records.flags()
        boot_time = self._source.machine.boot_time
        keys["now"] = False if boot_time is None else records.end_seconds() >= boot_time
        raw: list[bytes] = keys.view(f"V{_ALIKE.itemsize}").tolist()
        return raw

    def _columns(self, records: RecordBatch) -> dict[str, Iterable[bytes | int]]:
        """What goes into the slots."""
        ends, elapsed = records.end_seconds(), records.elapsed_ns()
        seconds, rest = np.divmod(-elapsed, NS)
        start_seconds, milliseconds = (ends + seconds).tolist(), (rest // MS).tolist()
        times = list(map(self._time, ends.tolist()))
        starts = list(map(add, map(self._second, start_seconds), map(_FRACTIONS.__getitem__, milliseconds)))
        offsets = records.offsets.tolist()
        pids, parent_pids = records.pids(), records.parent_pids()
        columns: dict[str, Iterable[bytes | int]] = {
            "end": times,
            "start": starts,
            "offset": offsets,
            "crc": np.array(records.crc32(), ">u4").tobytes().hex("-", 4).encode().split(b"-"),
            "sequence": (records.offsets // records.layout.size).tolist(),
            "duration": elapsed.tolist(),
            "name": map(self._name, records.comms()),
            "user": records.user_ns().tolist(),
            "system": records.system_ns().tolist(),
            "memory": (records.memory_kib() * 1024).tolist(),
            "minor": records.minor_faults().tolist(),
            "major": records.major_faults().tolist(),
        }
        if pids is not None and parent_pids is not None:
            columns["pid"], columns["parent"] = pids.tolist(), parent_pids.tolist()
        return columns

    def _template(self, key: bytes) -> bytes:
        line = _encode(without(self._event(key, self._slots, self._names), self._omitted))
        return line.replace(b"%", b"%%").replace(b"\0", b"%")

    def _event(self, key: bytes, slots: Slots, names: Names) -> schema.Event:
        status, uid, gid, tty, flags, now = _unpack_alike(key)
        source, machine = self._source, self._source.machine
        user_name, group_name = names.user(uid), names.group(gid)
        if user_name is None or group_name is None:
            self._templates_end = min(self._templates_end, self._clock() + NO_NAME_KEEP)
        end, start = slots["end"], slots["start"]
        signal = signal_number(status)
        return schema.Event(
            timestamp=end,
            ecs=schema.Ecs(version=schema.ECS_VERSION),
            event=schema.EventMeta(
                kind="event",
                category=("process",),
                type=("end",),
                action="process-ended",
                dataset="acct.process",
                id=slots["id"],
                module="acct",
                sequence=slots["sequence"],
                duration=slots["duration"],
                outcome=outcome(status),
                start=start,
                end=end,
            ),
            process=schema.Process(
                name=slots["name"],
                pid=slots.get("pid"),
                parent=schema.Parent(pid=slots["parent"]) if "parent" in slots else None,
                exit_code=exit_code(status),
                start=start,
                end=end,
                tty=schema.Tty(schema.CharDevice(*tty_device(tty))) if tty else None,
            ),
            user=schema.User(id=str(uid), name=user_name),
            group=schema.Group(id=str(gid), name=group_name),
            related=schema.Related(user=(user_name,)) if user_name else None,
            host=schema.Host(
                name=machine.name,
                id=machine.id,
                boot=schema.Boot(id=machine.boot_id) if machine.boot_id and now else None,
            ),
            acct=schema.Acct(
                segment=self._segment,
                offset=slots["offset"],
                layout=self._layout.name,
                tty=tty_name(tty),
                cpu=schema.Cpu(user=slots["user"], system=slots["system"]),
                memory=slots["memory"],
                faults=schema.Faults(minor=slots["minor"], major=slots["major"]),
                flags=flag_names(flags),
                signal=schema.Signal(number=signal, name=signal_name(signal)) if signal else None,
            ),
            log=schema.Log(schema.LogFile(path=source.path)) if source.path else None,
            agent=schema.Agent(type="acctship", version=__version__),
            labels=dict(source.labels) or None,
            tags=source.tags or None,
        )


def json_name(comm: bytes) -> bytes:
    """A command's name as recorded, escaped, as JSON.

    >>> json_name(b"sh\\0\\0")
    b'"sh"'
    """
    return _encode(escape(command(comm)))


def flag_names(flags: int) -> tuple[str, ...]:
    """Names of the bits of ac_flag.

    >>> flag_names(0x12)
    ('su', 'signal')
    """
    return tuple(name for bit, name in _FLAGS.items() if flags & bit)


def _slots(records: RecordBatch, segment: str, mark: Callable[[str, str], str]) -> Slots:
    """What stands in an event for what is put in later; `mark` makes a slot of its name and the format of %."""
    numbers = ("sequence", "duration", "offset", "user", "system", "memory", "minor", "major")
    slots = {name: mark(name, "d") for name in numbers}
    if records.pids() is not None:
        slots["pid"], slots["parent"] = mark("pid", "d"), mark("parent", "d")
    slots["name"] = mark("name", "b")  # comes with its quotes
    slots["start"], slots["end"] = f'"{mark("start", "b")}"', f'"{mark("end", "b")}"'
    slots["id"] = f'"{segment}-{mark("offset", "x")}-{mark("crc", "b")}"'
    return {name: msgspec.Raw(slot.encode()) for name, slot in slots.items()}
