"""Keys of a configuration table, told from its struct: for `acctship outputs show` and the documentation."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from msgspec import inspect

from acctship.secret import Secret

_PLAIN = {
    inspect.StrType: "text",
    inspect.IntType: "whole number",
    inspect.FloatType: "number",
    inspect.BoolType: "true or false",
    inspect.DictType: "table",
    inspect.StructType: "table",
    inspect.ListType: "list",
    inspect.VarTupleType: "list",
}


class Key(NamedTuple):
    """One key: its name, type, default (`required` if there is none) and meaning, all for people."""

    name: str
    type: str
    default: str
    meaning: str


def keys(table: type[msgspec.Struct]) -> list[Key]:
    """The keys of a table, in the order of its struct; those that it inherits come last."""
    info = inspect.type_info(table)
    assert isinstance(info, inspect.StructType)  # noqa: S101 - for the type checker
    fields = sorted(info.fields, key=lambda field: field.name not in table.__annotations__)
    return [Key(field.encode_name, _type(field.type), _default(field), _meaning(field.type)) for field in fields]


def _type(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.Metadata):
        return _type(kind.type)
    if isinstance(kind, inspect.UnionType):
        return " or ".join(_type(one) for one in kind.types if not isinstance(one, inspect.NoneType))
    if isinstance(kind, inspect.CustomType) and kind.cls is Secret:
        return "secret"
    if isinstance(kind, inspect.LiteralType):
        return " or ".join(f'"{value}"' for value in kind.values)
    return _PLAIN.get(type(kind), type(kind).__name__)


def _default(field: inspect.Field) -> str:
    if field.required:
        return "required"
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if value is None:
        return "none"
    return msgspec.json.encode(value).decode()


def _meaning(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.Metadata):
        own = (kind.extra_json_schema or {}).get("description", "")
        return str(own) or _meaning(kind.type)
    return ""
