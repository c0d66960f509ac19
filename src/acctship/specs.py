"""What a plugin's hooks gave, judged by the contract before anything relies on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeVar

from msgspec import inspect

from acctship.errors import PluginError
from acctship.keys import keys
from acctship.output import RESERVED_KEYS, OutputConfig, OutputSpec, SetupSpec
from acctship.secret import Secret

Spec = TypeVar("Spec", OutputSpec, SetupSpec)

_READABLE = (
    inspect.StrType, inspect.IntType, inspect.FloatType, inspect.BoolType, inspect.NoneType, inspect.LiteralType,
    inspect.AnyType, inspect.StructType,
)  # fmt: skip
_TYPES = "str, int, float, bool, list, dict, Literal, another msgspec.Struct or acctship.Secret"


def specs(results: Iterable[object], kind: type[Spec], hook: str) -> Iterator[Spec]:
    """Every spec that the implementations of a hook gave.

    Raises:
        PluginError: one gave something else, or a spec is not as the contract wants it.
    """
    for result in results:
        if not isinstance(result, Iterable):
            raise PluginError(f"{hook}() gave {result!r}: yield each acctship.{kind.__name__}, or return a list")
        for spec in result:
            if not isinstance(spec, kind):
                raise PluginError(f"{hook}() yielded {spec!r}, not an acctship.{kind.__name__}")
            for name in ("name", "summary"):
                text = getattr(spec, name)
                if not isinstance(text, str) or not text.isprintable():
                    raise PluginError(f"{kind.__name__}.{name} is {text!r}: it must be one line of text")
            load: object = getattr(spec, "load", None)
            if kind is SetupSpec and not callable(load):
                raise PluginError(f"SetupSpec.load is {load!r}: it must be a function that returns the command")
            yield spec


def check_outputs(outputs: Iterable[OutputSpec], entry_point: str) -> None:
    """See that the outputs of one entry point are such that acctship can offer them.

    Raises:
        PluginError: what is wrong, and with which.
    """
    for spec in outputs:
        _check_config(spec)
        if not isinstance(spec.extra, str):
            raise PluginError(f"OutputSpec.extra is {spec.extra!r}: it must be the name of one extra, or empty")
    names = Counter(spec.name for spec in outputs)
    if entry_point not in names:
        brings = ", ".join(names) or "none (is acctship_outputs() there, and decorated with @acctship.hookimpl?)"
        raise PluginError(f"acctship_outputs() must bring an output named like the entry point; it brings {brings}")
    if names[entry_point] > 1:
        raise PluginError(f"acctship_outputs() brings {names[entry_point]} outputs named {entry_point}")


def _check_config(spec: OutputSpec) -> None:
    config: object = spec.config
    if not isinstance(config, type) or not issubclass(config, OutputConfig):
        raise PluginError(f"the config of output {spec.name!r} is {config!r}, not a subclass of acctship.OutputConfig")
    if config.output is OutputConfig.output:
        raise PluginError(f"{config.__qualname__}.output() is missing")
    if taken := [key for key in config.__struct_encode_fields__ if key in RESERVED_KEYS]:
        raise PluginError(f"{config.__qualname__}.{taken[0]}: this key is acctship's own; choose another name")
    where = config.__qualname__
    try:
        info = inspect.type_info(config)
    except Exception as error:  # noqa: BLE001 - msgspec evaluates the annotations, which may do anything
        raise PluginError(f"{where}: its fields have types that cannot be told: {error}") from None
    assert isinstance(info, inspect.StructType)  # noqa: S101 - for the type checker
    for field in info.fields:
        if not _readable(field.type):
            raise PluginError(f"{where}.{field.name}: no key can be of this type: take {_TYPES}")
    try:
        keys(config)
    except Exception as error:  # noqa: BLE001 - msgspec refuses defaults, and what makes them may raise anything
        raise PluginError(f"{where}: a default is nothing that TOML can say: {error}") from None


def _readable(kind: inspect.Type) -> bool:
    """Tell whether TOML can say it, and `acctship outputs show` what it is."""
    if isinstance(kind, inspect.Metadata):
        return _readable(kind.type)
    if isinstance(kind, inspect.UnionType):
        return all(map(_readable, kind.types))
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        return _readable(kind.item_type)
    if isinstance(kind, inspect.DictType):
        return _readable(kind.value_type)
    return isinstance(kind, _READABLE) or (isinstance(kind, inspect.CustomType) and kind.cls is Secret)
