"""The fields of an event by their dotted names: for --select, `omit`, CSV and the documentation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import inspect

from acctship.errors import ConfigError
from acctship.events.schema import Event


class Field(NamedTuple):
    """One field of the event.

    Attributes:
        name: dotted, as in JSON: `process.parent.pid`.
        path: attribute names from `Event` down to it.
        type: `text`, `time`, `number`, `list`, `map`, or `object` for one that holds others.
        meaning: for people, with its unit.
        optional: it may be absent, and may be omitted; one that is not optional is there whenever its object is.
    """

    name: str
    path: tuple[str, ...]
    type: Literal["text", "time", "number", "list", "map", "object"]
    meaning: str
    optional: bool

    def of(self, event: Event) -> Any:
        """Value in one event; None if it is absent."""
        value: Any = event
        for name in self.path:
            value = getattr(value, name)
            if value is None:
                break
        return value


@cache
def fields() -> dict[str, Field]:
    """Every field by name, objects before what they hold, in the order of the encoding."""
    return {field.name: field for field in _walk(Event, "", ())}


def leaves() -> list[Field]:
    """The fields that hold a value, not others."""
    return [field for field in fields().values() if field.type != "object"]


def field(name: str, where: str) -> Field:
    """The field of that name.

    Raises:
        ConfigError: there is none; the message starts with `where` and names the nearest.
    """
    head, _, label = name.partition(".")
    if head == "labels" and label:
        return _label(label)
    try:
        return fields()[name]
    except KeyError:
        near = get_close_matches(name, fields(), 1)
        advice = f"did you mean {near[0]}?" if near else "`acctship schema` lists them"
        raise ConfigError(f"{where}: no field {name!r}; {advice}") from None


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the event. A field that is absent is absent: null is nowhere allowed."""
    schema = _without_null(msgspec.json.schema(Event))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "acctship event", **schema}


class _Label(Field):
    """One label; the site chose its name."""

    def of(self, event: Event) -> Any:
        return (event.labels or {}).get(self.path[-1])


def _label(name: str) -> Field:
    return _Label(f"labels.{name}", ("labels", name), "text", "A label that the site set in `[source]`", True)


def _walk(struct: type[Any], prefix: str, path: tuple[str, ...]) -> Iterator[Field]:
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)  # noqa: S101 - for the type checker
    for item in info.fields:
        name, here = prefix + item.encode_name, (*path, item.name)
        kind, meaning = _describe(item.type)
        if isinstance(kind, inspect.StructType):
            yield Field(name, here, "object", (kind.cls.__doc__ or "").strip(), not item.required)
            yield from _walk(kind.cls, name + ".", here)
        else:
            yield Field(name, here, _type_name(kind, meaning), meaning.get("description", ""), not item.required)


def _describe(kind: inspect.Type) -> tuple[inspect.Type, dict[str, Any]]:
    """Type without its annotations and its None, and the annotations' JSON Schema."""
    if isinstance(kind, inspect.Metadata):
        inner, meaning = _describe(kind.type)
        return inner, {**meaning, **(kind.extra_json_schema or {})}
    if isinstance(kind, inspect.UnionType):
        (only,) = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
        return _describe(only)
    return kind, {}


def _type_name(kind: inspect.Type, meaning: Mapping[str, Any]) -> Literal["text", "time", "number", "list", "map"]:
    if isinstance(kind, inspect.IntType):
        return "number"
    if isinstance(kind, inspect.VarTupleType):
        return "list"
    if isinstance(kind, inspect.DictType):
        return "map"
    return "time" if meaning.get("format") == "date-time" else "text"


def _without_null(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_null(part) for part in schema if part != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    clean = {key: _without_null(value) for key, value in schema.items() if (key, value) != ("default", None)}
    if len(clean.get("anyOf", ())) == 1:
        (only,) = clean.pop("anyOf")
        return {**only, **clean}
    return clean
