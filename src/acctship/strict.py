"""Reading tables of the configuration into structs: every unknown key and wrong type is named, with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import partial
from typing import TypeVar

import msgspec
from msgspec import inspect

from acctship.errors import ConfigError
from acctship.secret import Secret

S = TypeVar("S", bound=msgspec.Struct)

_PLAIN = {
    "str": "text", "int": "a whole number", "float": "a number", "bool": "true or false", "array": "a list",
    "object": "a table",
}  # fmt: skip
_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_SIZES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZES |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SIZE = re.compile(rf"([0-9]+(?:\.[0-9]+)?)\s*({'|'.join(_SIZES)})")
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|min|h|d)")


def convert(table: object, kind: type[S], where: str, *, reveal: bool = True) -> S:
    """Read a table as a struct.

    Args:
        table: from the TOML file.
        kind: the struct; unknown keys are looked for at every depth.
        where: dotted place of the table, with which each message starts.
        reveal: False to believe that the secrets which it names are there.

    Raises:
        ConfigError: an unknown or missing key, a wrong type, a value out of range, a secret that is not there.
    """
    if problem := next(_unknown_keys(table, inspect.type_info(kind), where), None):
        raise ConfigError(problem)
    try:
        return msgspec.convert(table, kind, dec_hook=partial(_custom, reveal=reveal))
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        raise ConfigError(_in_plain_words(what, where + path.rstrip("`"))) from None


def seconds(value: object, where: str) -> object:
    """Seconds of a duration such as `"500ms"`, `"2s"`, `"5min"`; anything but text is left for `convert` to judge.

    Raises:
        ConfigError: the text is no duration.

    >>> seconds("5min", "outputs.siem.delivery.linger")
    300.0
    """
    if not isinstance(value, str):
        return value
    match = _DURATION.fullmatch(value.strip())
    if match is None:
        raise ConfigError(f'{where}: {value!r} is no duration: write "500ms", "2s", "5min", "1h", "30d", or seconds')
    return float(match[1]) * _UNITS[match[2]]


def byte_count(value: object, where: str) -> object:
    """Bytes of a size such as `"500MB"` or `"1GiB"`; anything but text is left for `convert` to judge.

    Raises:
        ConfigError: the text is no size.

    >>> byte_count("1.5GB", "accounting.max_size")
    1500000000
    """
    if not isinstance(value, str):
        return value
    match = _SIZE.fullmatch(value.strip())
    if match is None:
        raise ConfigError(f'{where}: {value!r} is no size: write "500MB", "1GB", "1GiB", or bytes')
    return int(float(match[1]) * _SIZES[match[2]])


def unknown_key(key: str, known: Iterable[str], where: str) -> str:
    """What to say of a key that nobody reads."""
    known = list(known)
    near = get_close_matches(key, known, 1)
    place = f"{where}.{key}" if where else key
    return f"{place}: unknown key; " + (f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}")


def _unknown_keys(value: object, kind: inspect.Type, where: str) -> Iterator[str]:
    if isinstance(kind, inspect.Metadata | inspect.UnionType):
        for one in kind.types if isinstance(kind, inspect.UnionType) else (kind.type,):
            yield from _unknown_keys(value, one, where)
    elif isinstance(kind, inspect.StructType) and isinstance(value, dict):
        known = {field.encode_name: field.type for field in kind.fields}
        for key, inner in value.items():
            if key in known:
                yield from _unknown_keys(inner, known[key], f"{where}.{key}")
            else:
                yield unknown_key(key, known, where)
    elif isinstance(kind, inspect.DictType) and isinstance(value, dict):
        for key, inner in value.items():
            yield from _unknown_keys(inner, kind.value_type, f"{where}.{key}")
    elif isinstance(kind, inspect.ListType | inspect.VarTupleType) and isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _unknown_keys(inner, kind.item_type, f"{where}[{at}]")


def _in_plain_words(what: str, where: str) -> str:
    if missing := re.fullmatch(r"Object missing required field `(.+)`", what):
        return f"{where}.{missing[1]}: missing; it must be set"
    what = re.sub("`([a-z |]+)`", lambda types: _plain_types(types[1]), what)
    return f"{where}: {what[:1].lower()}{what[1:]}"


def _plain_types(types: str) -> str:
    return " or ".join(_PLAIN.get(one, f"`{one}`") for one in types.split(" | ") if one != "null") or "nothing"


def _custom(kind: type, value: object, *, reveal: bool) -> object:
    if kind is Secret:
        return Secret.from_config(value, reveal=reveal)
    raise NotImplementedError(f"no key can be of type {kind.__qualname__}")
