"""The mapping of events: the type of every field, read off the structs that make the JSON.

Nothing but labels is dynamic: a field that acctship does not write cannot grow the mapping, and none is ever guessed
from the first value that came. Source: https://www.elastic.co/docs/reference/elasticsearch/mapping-reference
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import inspect

import acctship

LONGEST_KEYWORD = 1024
"""Characters of a text up to which it is indexed, as in ECS; what is longer is kept, and cannot be searched."""

_KEYWORD = {"type": "keyword", "ignore_above": LONGEST_KEYWORD}
_TEXT = {"message": {"type": "text", "norms": False}}
"""Read by people, searched by words. ECS wants match_only_text, of the same family, but not every server has it."""
_LABELS = {"type": "object", "dynamic": True, "subobjects": False}
"""Without subobjects, so that a site may have a label `a` and another one `a.b`."""


def mappings() -> dict[str, Any]:
    """Mapping of every field that an event may have, for process and health events alike.

    One for both, so that a search over both streams finds each field with one type.
    """
    return {
        "dynamic": False,
        "dynamic_templates": [{"labels": {"path_match": "labels.*", "mapping": dict(_KEYWORD)}}],
        "properties": _properties(acctship.Event),
    }


def field_types() -> dict[str, str]:
    """Type of each field by its dotted name; labels are `labels.*`.

    >>> field_types()["process.parent.pid"], field_types()["@timestamp"]
    ('long', 'date')
    """
    return {**dict(_flat(mappings()["properties"], "")), "labels.*": "keyword"}


def _flat(properties: dict[str, Any], prefix: str) -> list[tuple[str, str]]:
    found = []
    for name, value in properties.items():
        if "properties" in value:
            found += _flat(value["properties"], f"{prefix}{name}.")
        elif value["type"] != "object":
            found.append((prefix + name, value["type"]))
    return found


def _properties(struct: type[msgspec.Struct]) -> dict[str, Any]:
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)  # noqa: S101 - for the type checker
    return {one.encode_name: _TEXT.get(one.encode_name) or _mapping(one.type, date=False) for one in info.fields}


def _mapping(kind: inspect.Type, *, date: bool) -> dict[str, Any]:
    if isinstance(kind, inspect.Metadata):
        return _mapping(kind.type, date=date or (kind.extra_json_schema or {}).get("format") == "date-time")
    if isinstance(kind, inspect.UnionType):
        (only,) = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
        return _mapping(only, date=date)
    if isinstance(kind, inspect.StructType):
        return {"properties": _properties(kind.cls)}
    if isinstance(kind, inspect.VarTupleType):  # a field of Elasticsearch holds one value or many
        return _mapping(kind.item_type, date=date)
    if isinstance(kind, inspect.DictType):
        return dict(_LABELS)
    if isinstance(kind, inspect.BoolType):
        return {"type": "boolean"}
    if isinstance(kind, inspect.IntType):
        return {"type": "long"}
    if isinstance(kind, inspect.StrType):
        return {"type": "date"} if date else dict(_KEYWORD)
    raise TypeError(f"an event has a field of {kind}, for which there is no mapping")
