"""Finding plugins: the entry points of group `acctship`.

Each entry point gets a plugin manager of its own, because pluggy's loader stops at the first broken package and hides
the second of two packages with one name. Only what is asked for is imported.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import NamedTuple

import pluggy

import acctship
from acctship import hookspecs
from acctship.errors import PluginError
from acctship.output import OutputSpec, SetupSpec
from acctship.specs import check_outputs, specs

GROUP = "acctship"


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
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's module may raise anything
        raise PluginError(
            f"plugin {_package(entry)}, entry point {entry.name} = {entry.value}: {_reason(error)}"
        ) from None


def _load(entry: EntryPoint) -> Plugin:
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    manager.register(entry.load(), entry.name)
    manager.check_pending()
    outputs = tuple(specs(manager.hook.acctship_outputs(), OutputSpec, "acctship_outputs"))
    setups = tuple(specs(manager.hook.acctship_setup(), SetupSpec, "acctship_setup"))
    check_outputs(outputs, entry.name)
    return Plugin(_package(entry), entry.dist.name if entry.dist else "", outputs, setups)


def _reason(error: BaseException) -> str:
    """What a stranger's module raised, with its type, in one line."""
    if isinstance(error, PluginError):
        return str(error)
    if isinstance(error, pluggy.PluginValidationError):  # pluggy says it in several lines
        return f"{': '.join(str(error).splitlines())}; docs/plugins.md has the hooks"
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - of a plugin's own making
        text = "its text cannot be had"
    lacks = _lacks(error)
    if lacks.partition(".")[0] == "acctship":
        text += f": acctship {acctship.__version__} has no such name: install the version that this plugin is made for"
    elif isinstance(error, ModuleNotFoundError):
        return f"needs the module {lacks!r}: install it, or the extra of this plugin that brings it"
    return f"{type(error).__name__}: {text}"


def _lacks(error: BaseException) -> str:
    """The module that is missing, or lacks a name; empty if it is something else that went wrong."""
    if isinstance(error, ImportError):
        return error.name or ""
    module = error.obj if isinstance(error, AttributeError) else None
    return module.__name__ if isinstance(module, ModuleType) else ""


def _package(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "without a package"
