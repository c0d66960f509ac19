"""Events as text or bytes for people and their tools: whole or in part, as JSON, CSV or MessagePack."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from acctship.errors import ConfigError
from acctship.events.batch import EventBatch
from acctship.events.fields import Field, field, leaves
from acctship.events.schema import Event

Form = Literal["json", "csv", "msgpack"]

_FORMULA_STARTS = ("=", "+", "-", "@")


class Rendering(NamedTuple):
    """How to write events.

    Attributes:
        header: what comes before the first event.
        render: bytes of a batch, each event complete.
    """

    header: bytes
    render: Callable[[EventBatch], bytes]


def rendering(form: Form, select: Sequence[str] | None = None, where: str = "--select") -> Rendering:
    """How to write events in a form.

    Args:
        form: `json` (one object a line), `csv` (RFC 4180, with a header; lists joined by spaces), or `msgpack` (one
            map after another).
        select: names of the fields and objects to write, in this order; None for all.
        where: what a message about a wrong name starts with.

    Raises:
        ConfigError: there is no field of that name.
    """
    fields = None if select is None else _selected(select, where)
    if form == "csv":
        columns = _columns(fields)
        return Rendering(csv_lines([[one.name for one in columns]]), lambda batch: csv_lines(_rows(batch, columns)))
    if fields is None:
        return Rendering(b"", _all_json if form == "json" else _all_msgpack)
    if form == "json":
        encode_lines = msgspec.json.Encoder().encode_lines
        return Rendering(b"", lambda batch: encode_lines([_part(event, fields) for event in batch]))
    encode = msgspec.msgpack.Encoder().encode
    return Rendering(b"", lambda batch: b"".join(encode(_part(event, fields)) for event in batch))


def cell(value: object) -> str:
    r"""A value as a cell of CSV: a number or truth as in JSON, a list joined by spaces, a map as JSON, None as nothing.

    >>> cell("-bash"), cell(1.5)
    ('\\x2dbash', '1.5')
    """
    if value is None:
        return ""
    if isinstance(value, int | float | Mapping):
        return msgspec.json.encode(value).decode()
    text = value if isinstance(value, str) else " ".join(map(str, value))  # type: ignore[call-overload]  # else a list
    # A spreadsheet would run a command's name as a formula.
    return f"\\x{ord(text[0]):02x}{text[1:]}" if text.startswith(_FORMULA_STARTS) else text


def csv_lines(rows: Sequence[Sequence[str]]) -> bytes:
    """Rows of cells as CSV (RFC 4180, but for its line ends)."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _selected(select: Sequence[str], where: str) -> list[Field]:
    """The fields of these names, less those that are part of an object that is named, too."""
    if len(set(select)) < len(select):
        raise ConfigError(f"{where}: a field is named twice")
    fields = [field(name, where) for name in select]
    whole = [f"{one.name}." for one in fields if one.type in ("object", "map")]
    return [one for one in fields if not one.name.startswith(tuple(whole))]


def _all_json(batch: EventBatch) -> bytes:
    return b"\n".join([*batch.json(), b""])


def _all_msgpack(batch: EventBatch) -> bytes:
    return b"".join(batch.msgpack())


def _part(event: Event, fields: Sequence[Field]) -> dict[str, Any]:
    """Nested dictionary of some fields; those that are absent stay so."""
    part: dict[str, Any] = {}
    for one in fields:
        value = one.of(event)
        if value is None:
            continue
        *outer, last = one.name.split(".") if one.path[0] != "labels" else one.path
        inner = part
        for name in outer:
            inner = inner.setdefault(name, {})
        inner[last] = value
    return part


def _columns(fields: Sequence[Field] | None) -> list[Field]:
    """A column for each value; an object gives one for each of its own."""
    if fields is None:
        return leaves()
    columns: dict[str, Field] = {}
    for one in fields:
        inner = [leaf for leaf in leaves() if leaf.name.startswith(f"{one.name}.")] if one.type == "object" else [one]
        columns.update({leaf.name: leaf for leaf in inner})
    return list(columns.values())


def _rows(batch: EventBatch, columns: Sequence[Field]) -> list[list[str]]:
    return [[cell(column.of(event)) for column in columns] for event in batch]
