"""What HEC wants around an event: an object with time, host, source, sourcetype, index and indexed fields.

Metadata does not carry over from one object to the next, and Splunk stops without a word at an object with a key that
it does not know: so each has all of it, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import inspect

import acctship

if TYPE_CHECKING:
    from acctship.outputs.splunk.config import Config

_encode = msgspec.json.encode

Path = tuple[str, ...]
Read = Callable[[bytes], Any]


class Envelopes:
    """Puts events into the objects of HEC.

    Args:
        config: of the output.

    Raises:
        ConfigError: `fields` names what no event has, or what is no single value.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._fields = {name: _path(name) for name in config.fields}
        self._tail = b',"index":' + _encode(config.index) if config.index is not None else b""
        self._kinds = {"acct.health": _encode(config.health_sourcetype)}
        self._kind, self._source = _encode(config.sourcetype), _encode(config.source)
        self._host = None if config.host is None else _encode(config.host)
        wanted = [*self._fields.values(), *([("host", "name")] if self._host is None else [])]
        self._read = _reader(wanted) if wanted else None

    def objects(self, batch: acctship.EventBatch) -> list[bytes]:
        """An object for each event."""
        made: list[bytes] = []
        heads: dict[tuple[int, bytes | None, str], bytes] = {}
        host, read, fields = self._host, self._read, self._fields
        for line, time_ns, dataset in zip(batch.json(), batch.times_ns, batch.datasets, strict=True):
            event = read(line) if read else None
            if self._host is None:
                host = _value(event, ("host", "name"))
            key = time_ns, host, dataset
            head = heads.get(key) or heads.setdefault(key, self._head(*key))
            made.append(b"%b%b%b}" % (head, _indexed(event, fields) if fields else b',"event":', line))
        return made

    def _head(self, time_ns: int, host: bytes | None, dataset: str) -> bytes:
        kind = self._kinds.get(dataset, self._kind)
        named = b"" if host is None else b',"host":' + host
        return b'{"time":%b%b,"source":%b,"sourcetype":%b%b' % (seconds(time_ns), named, self._source, kind, self._tail)


def seconds(ns: int) -> bytes:
    """Seconds of nanoseconds as a number of JSON; Splunk keeps microseconds.

    >>> seconds(1_700_000_000_000_000_000), seconds(1_700_000_000_123_456_789)
    (b'1700000000', b'1700000000.123456')
    """
    whole, rest = divmod(ns // 1000, 1_000_000)
    return b"%d.%06d" % (whole, rest) if rest else b"%d" % whole


def _indexed(event: Any, fields: Mapping[str, Path]) -> bytes:
    there = [(name, value) for name, path in fields.items() if (value := _value(event, path)) is not None]
    if not there:
        return b',"event":'
    return b',"fields":{%b},"event":' % b",".join([b"%b:%b" % (_encode(name), value) for name, value in there])


def _value(event: Any, path: Path) -> bytes | None:
    """JSON of what stands at a path of an event that `_reader` has read."""
    found = reduce(lambda inner, name: None if inner is None else getattr(inner, name), map(_attribute, path), event)
    return None if found is None else bytes(found)


def _reader(paths: Sequence[Path]) -> Read:
    """What reads from an event the JSON of some values, and skips all others: an eighth of the work of reading all."""
    return msgspec.json.Decoder(_struct("Event", paths)).decode


def _struct(name: str, paths: Sequence[Path]) -> type[msgspec.Struct]:
    members: list[tuple[str, Any, Any]] = []
    for first in dict.fromkeys(path[0] for path in paths):
        rest = [path[1:] for path in paths if path[0] == first]
        kind = _struct(first, rest) if rest[0] else msgspec.Raw
        members.append((_attribute(first), kind, msgspec.field(name=first, default=None)))
    return msgspec.defstruct(name.title(), members, gc=False)


def _attribute(name: str) -> str:
    """A name that Python takes, for any; no two of one object become the same."""
    return "x" + name.encode().hex()


def _path(name: str) -> Path:
    """Where a field of the event stands.

    Raises:
        ConfigError: nowhere, or it is no single value.
    """
    first, _, label = name.partition(".")
    path = ("labels", label) if first == "labels" and label else tuple(name.split("."))
    kind: inspect.Type = inspect.type_info(acctship.Event)
    for at, one in enumerate(path):
        inner = _members(kind)
        if "*" not in inner and one not in inner:
            raise acctship.ConfigError(f"fields: {name!r} is no field of an event; docs/events.md names them")
        kind = inner.get(one) or inner["*"]
        if at == len(path) - 1 and (within := _members(kind)):
            inside = next(iter(within)) if "*" not in within else "NAME"
            raise acctship.ConfigError(f"fields: {name!r} is no single value: name what is in it: {name}.{inside}")
    return path


def _members(kind: inspect.Type) -> Mapping[str, inspect.Type]:
    """What is in a value of a type by name; `*` for any name; nothing if it is a single value."""
    if isinstance(kind, inspect.Metadata):
        return _members(kind.type)
    if isinstance(kind, inspect.UnionType):
        return next((found for one in kind.types if (found := _members(one))), {})
    if isinstance(kind, inspect.StructType):
        return {field.encode_name: field.type for field in kind.fields}
    return {"*": kind.value_type} if isinstance(kind, inspect.DictType) else {}
