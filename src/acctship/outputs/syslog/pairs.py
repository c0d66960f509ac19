"""An event as names and values in one order: what `text` and structured data are made of.

Values are escaped as `acctship.escape` does. Names of commands, users, groups, hosts and files are so in the event
already; what the site or a message says is escaped here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from msgspec.json import encode

import acctship

Pair = tuple[str, str]


class Key(NamedTuple):
    """One name.

    Attributes:
        name: in the message.
        field: of the event, dotted.
        write: its value as escaped text; None where it is that.
        form: how that looks, for people.
    """

    name: str
    field: str
    write: Callable[[Any], str] | None = None
    form: str = ""


def escaped(text: str) -> str:
    """Escape text that nobody has escaped."""
    return acctship.escape(text.encode("utf-8", "surrogatepass"))


def harmless(text: str) -> str:
    r"""Escaped text as it is, but for what `acctship.escape` would never have left in it: somebody made it by hand.

    >>> harmless("rm\\x0a"), harmless("rm\n")
    ('rm\\x0a', 'rm\\x0a')
    """
    if text.isprintable():
        return text
    return "".join([char if char == "\\" else escaped(char) for char in text])


@lru_cache(maxsize=4096)
def seconds(ns: int) -> str:
    """Seconds of nanoseconds, exactly.

    >>> seconds(1_050_000_000), seconds(0)
    ('1.05', '0')
    """
    whole, rest = divmod(ns, 1_000_000_000)
    return f"{whole}.{rest:09}".rstrip("0").rstrip(".")


def _words(words: Sequence[str]) -> str:
    return ",".join(words) or "-"


RECORD = (
    Key("command", "process.name"),
    Key("user", "user.name"),
    Key("uid", "user.id"),
    Key("tty", "acct.tty"),
    Key("pid", "process.pid", str),
    Key("ppid", "process.parent.pid", str),
    Key("exit", "process.exit_code", str),
    Key("signal", "acct.signal.name"),
    Key("signo", "acct.signal.number", str),
    Key("outcome", "event.outcome"),
    Key("time", "@timestamp"),
    Key("start", "event.start"),
    Key("duration", "event.duration", seconds, "in seconds"),
    Key("cpu_user", "acct.cpu.user", seconds, "in seconds"),
    Key("cpu_system", "acct.cpu.system", seconds, "in seconds"),
    Key("memory", "acct.memory", str),
    Key("minor_faults", "acct.faults.minor", str),
    Key("major_faults", "acct.faults.major", str),
    Key("flags", "acct.flags", _words, "joined by commas; `-` if there is none"),
    Key("group", "group.name"),
    Key("gid", "group.id"),
    Key("tty_major", "process.tty.char_device.major", str),
    Key("tty_minor", "process.tty.char_device.minor", str),
    Key("host", "host.name"),
    Key("host_id", "host.id"),
    Key("boot", "host.boot.id"),
    Key("file", "log.file.path"),
    Key("layout", "acct.layout"),
)
"""What is known of the process, in this order."""
IDENTITY = (
    Key("segment", "acct.segment"),
    Key("offset", "acct.offset", str),
    Key("id", "event.id"),
)
"""Which record it is: these stand last."""
_TAKEN = frozenset(key.name for key in RECORD + IDENTITY)


def pairs(event: acctship.Event, *, extras: bool) -> list[Pair]:
    """Names and values of one event; what is absent is left out.

    Args:
        event: the event.
        extras: also `labels.NAME` for each label, and `tag` for each tag: the site chose these names.
    """
    found = _record(event)
    if event.event.dataset != "acct.process":
        found = [*_health(event), *found]
    if extras:
        found += [(f"labels.{escaped(label)}", escaped(value)) for label, value in (event.labels or {}).items()]
        found += [("tag", escaped(tag)) for tag in event.tags or ()]
    return found + _identity(event)


def _health(event: acctship.Event) -> Iterator[Pair]:
    """What acctship says of itself: `action`, `message`, and each field of `acct.health` by its own name."""
    yield "action", event.event.action
    if event.message is not None:
        yield "message", escaped(event.message)
    details = event.acct.health if event.acct is not None else None
    for field in details.__struct_fields__ if details is not None else ():
        value = getattr(details, field)
        if value is not None:
            text = value if isinstance(value, str) else encode(value).decode()
            yield f"health_{field}" if field in _TAKEN else field, escaped(text)


def _reader(keys: Sequence[Key]) -> Callable[[acctship.Event], list[Pair]]:
    """A function that reads the keys of an event; it goes to each object in the event only once."""
    places = [""]  # dotted names of the objects, each behind the one that holds it
    for key in keys:
        outer = key.field.split(".")[:-1]
        for depth in range(len(outer)):
            if (place := ".".join(outer[: depth + 1])) not in places:
                places.append(place)
    steps = [(places.index(place.rpartition(".")[0]), place.rpartition(".")[2]) for place in places[1:]]
    columns = []
    for key in keys:
        place, _, field = key.field.rpartition(".")
        columns.append((key.name, places.index(place), field.removeprefix("@"), key.write))

    def read(event: acctship.Event) -> list[Pair]:
        objects: list[Any] = [event]
        for at, part in steps:
            holder = objects[at]
            objects.append(None if holder is None else getattr(holder, part))
        found = []
        for name, at, part, write in columns:
            holder = objects[at]
            if holder is not None and (value := getattr(holder, part)) is not None:
                found.append((name, value if write is None else write(value)))
        return found

    return read


_record = _reader(RECORD)
_identity = _reader(IDENTITY)
