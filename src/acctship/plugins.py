"""Finding plugins: the entry points of group `acctship`.

Each entry point gets a plugin manager of its own, because pluggy's loader stops at the first broken package and hides
the second of two packages with one name. Only what is asked for is imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import NamedTuple, TypeVar

import pluggy

from acctship import hookspecs
from acctship.errors import PluginError
from acctship.output import RESERVED_KEYS, OutputConfig, OutputSpec, SetupSpec

GROUP = "acctship"

Spec = TypeVar("Spec")


class Plugin(NamedTuple):
    """What one entry point brings.

    Attributes:
        package: name and version of the package: `acctship 0.1.0`.
        distribution: name of the package alone, for `pip install`.
        outputs: its kinds of output.
        setups: its commands for `acctship setup`.
    """

    package: str
    distribution: str
    outputs: tuple[OutputSpec, ...]
    setups: tuple[SetupSpec, ...]


class Found(NamedTuple):
    """A kind of output and where it comes from."""

    spec: OutputSpec
    plugin: Plugin


def names() -> list[str]:
    """Types of output that are installed; nothing is imported."""
    return sorted(entry_points(group=GROUP).names)


def find(name: str) -> Found:
    """Load one kind of output, and nothing else.

    Raises:
        PluginError: none, or more than one package has it, or its package is broken.
    """
    entries = list(entry_points(group=GROUP, name=name))
    if not entries:
        near = get_close_matches(name, names(), 1)
        advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(names())}"
        raise PluginError(f"no output {name!r}; {advice}")
    if len(entries) > 1:
        packages = " and ".join(sorted(map(_package, entries)))
        raise PluginError(f"output {name!r} is brought by {packages}: uninstall all but one")
    plugin = load(entries[0])
    return Found(next(spec for spec in plugin.outputs if spec.name == name), plugin)


def find_all() -> tuple[list[Found], list[PluginError]]:
    """Every kind of output that loads, by name, and an error for each that does not."""
    found, broken = [], []
    for name in names():
        try:
            found.append(find(name))
        except PluginError as error:
            broken.append(error)
    return found, broken


def load(entry: EntryPoint) -> Plugin:
    """Import the module of one entry point and ask its hooks.

    Raises:
        PluginError: whatever goes wrong, with the package's name and version.
    """
    try:
        return _load(entry)
    except ModuleNotFoundError as error:
        reason = f"needs the module {error.name!r}, which is not installed"
    except PluginError as error:
        reason = str(error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's module may raise anything
        reason = f"{type(error).__name__}: {error}"
    raise PluginError(f"plugin {_package(entry)}, entry point {entry.name} = {entry.value}: {reason}")


def _load(entry: EntryPoint) -> Plugin:
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    manager.register(entry.load(), entry.name)
    manager.check_pending()
    outputs = tuple(_flat(manager.hook.acctship_outputs(), OutputSpec, "acctship_outputs"))
    setups = tuple(_flat(manager.hook.acctship_setup(), SetupSpec, "acctship_setup"))
    for spec in outputs:
        _check(spec)
    if entry.name not in [spec.name for spec in outputs]:
        brings = ", ".join(spec.name for spec in outputs) or "none"
        raise PluginError(f"acctship_outputs() must bring an output named like the entry point; it brings {brings}")
    return Plugin(_package(entry), entry.dist.name if entry.dist else "", outputs, setups)


def _flat(results: Iterable[object], kind: type[Spec], hook: str) -> Iterator[Spec]:
    for result in results:
        if not isinstance(result, Iterable):
            raise PluginError(f"{hook}() gave {result!r}, not an iterable of {kind.__name__}")
        for spec in result:
            if not isinstance(spec, kind):
                raise PluginError(f"{hook}() yielded {spec!r}, not an acctship.{kind.__name__}")
            yield spec


def _check(spec: OutputSpec) -> None:
    config = spec.config
    if not _is_config(config):
        raise PluginError(f"the config of output {spec.name!r} is {config!r}, not a subclass of acctship.OutputConfig")
    if config.output is OutputConfig.output:
        raise PluginError(f"{config.__qualname__}.output() is missing")
    if taken := [key for key in config.__struct_encode_fields__ if key in RESERVED_KEYS]:
        raise PluginError(f"{config.__qualname__}.{taken[0]}: this key is acctship's own; choose another name")


def _is_config(config: object) -> bool:
    return isinstance(config, type) and issubclass(config, OutputConfig)


def _package(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "without a package"
