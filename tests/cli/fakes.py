"""Distributions on disk that look installed to importlib.metadata: a module, and a dist-info folder beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from acctship import __version__

_GOOD = """\
from typing import Annotated

import acctship
from msgspec import Meta

class Config(acctship.OutputConfig, kw_only=True):
    KEYS
    def delivery(self):
        return acctship.Delivery()
    def output(self, limits):
        return Null()

class Null:
    def open(self): pass
    def send(self, batch): return acctship.SendResult()
    def close(self): pass

@acctship.hookimpl
def acctship_outputs():
    yield acctship.OutputSpec("NAME", Config, "Keeps nothing", "EXTRA")
"""


def good(name: str = "null", *, keys: str = "", extra: str = "") -> str:
    """Source of a plugin that works, whose output takes everything and keeps nothing."""
    return _GOOD.replace("NAME", name).replace("KEYS", keys).replace("EXTRA", extra)


_HOOK = """\
import acctship

class Config(acctship.OutputConfig):
    pass
    def output(self, limits):
        return None

@acctship.hookimpl
def acctship_outputs():
    """


def _with_key(name: str, key: str) -> str:
    """Source of a plugin whose configuration has one key."""
    return _HOOK.replace("pass", key) + f"yield acctship.OutputSpec('{name}', Config, '')"


BROKEN = {
    "library_missing": (
        "import no_such_client_library",
        "needs the module 'no_such_client_library': install it, or the extra",
    ),
    "library_too_old": ("from json import no_such_name", "ImportError: cannot import name 'no_such_name'"),
    "raises_at_import": ("raise RuntimeError('no luck')", "RuntimeError: no luck"),
    "exits_at_import": ("raise SystemExit(0)", "SystemExit: 0"),
    "no_syntax": ("def", "SyntaxError: "),
    "hook_raises": (_HOOK + "raise OSError('no disk')", "OSError: no disk"),
    "hook_exits": (_HOOK + "raise SystemExit('bye')", "SystemExit: bye"),
    "hook_gives_a_number": (_HOOK + "return 7", "acctship_outputs() gave 7"),
    "hook_yields_rubbish": (_HOOK + "yield 'rubbish'", "acctship_outputs() yielded 'rubbish'"),
    "hook_unknown": (
        "import acctship\n@acctship.hookimpl\ndef acctship_output(): return []",
        "unknown hook 'acctship_output'",
    ),
    "hook_missing": ("", "must bring an output named like the entry point; it brings none"),
    "config_is_no_config": (
        _HOOK + "yield acctship.OutputSpec('config_is_no_config', dict, '')",
        "not a subclass of acctship.OutputConfig",
    ),
    "config_is_no_class": (
        _HOOK + "yield acctship.OutputSpec('config_is_no_class', Config(), '')",
        "not a subclass of acctship.OutputConfig",
    ),
    "no_output_method": (
        _HOOK + "yield acctship.OutputSpec('no_output_method', acctship.OutputConfig, '')",
        "OutputConfig.output() is missing",
    ),
    "reserved_key": (
        _with_key("reserved_key", "where: str = ''"),
        "Config.where: this key is acctship's own",
    ),
    "other_name": (
        _HOOK + "yield acctship.OutputSpec('another_name', Config, '')",
        "must bring an output named like the entry point; it brings another_name",
    ),
    "made_for_another_acctship": (
        "from acctship import no_such_name",
        f"acctship {__version__} has no such name: install the version that this plugin is made for",
    ),
    "made_for_another_network": ("import acctship.network.no_such", f"acctship {__version__} has no such name"),
    "made_for_another_attribute": ("import acctship\nacctship.NoSuchName", f"acctship {__version__} has no such name"),
    "error_without_text": (
        "class E(Exception):\n    def __str__(self): raise ValueError\nraise E",
        "E: its text cannot be had",
    ),
    "hook_wants_an_argument": (
        _HOOK.replace("acctship_outputs()", "acctship_outputs(config)") + "return []",
        "acctship_outputs(config): Argument(s) {'config'} are declared in the hookimpl but can not be found",
    ),
    "hook_not_decorated": (
        _HOOK.replace("@acctship.hookimpl", "") + "return []",
        "is acctship_outputs() there, and decorated with @acctship.hookimpl?",
    ),
    "hook_gives_the_spec": (
        _HOOK + "return acctship.OutputSpec('x', Config, '')",
        "yield each acctship.OutputSpec, or return a list",
    ),
    "spec_of_two": (
        _HOOK + "yield from [acctship.OutputSpec('spec_of_two', Config, '')] * 2",
        "brings 2 outputs named spec_of_two",
    ),
    "spec_incomplete": (_HOOK + "yield acctship.OutputSpec('x', Config)", "Missing required argument 'summary'"),
    "name_is_a_number": (_HOOK + "yield acctship.OutputSpec(3, Config, '')", "OutputSpec.name is 3: it must be one"),
    "summary_of_two_lines": (
        _HOOK + "yield acctship.OutputSpec('x', Config, 'two\\nlines')",
        "OutputSpec.summary is 'two\\nlines': it must be one line of text",
    ),
    "extra_is_a_list": (
        _HOOK + "yield acctship.OutputSpec('extra_is_a_list', Config, '', ['x'])",
        "OutputSpec.extra is ['x']: it must be the name of one extra",
    ),
    "setup_cannot_be_loaded": (
        _HOOK + "return []\n@acctship.hookimpl\ndef acctship_setup(): yield acctship.SetupSpec('x', 3, '')",
        "SetupSpec.load is 3: it must be a function",
    ),
    "field_of_a_class": (
        _with_key("field_of_a_class", "key: object = None"),
        "Config.key: no key can be of this type: take str, int, float",
    ),
    "field_of_bytes": (
        _with_key("field_of_bytes", "key: list[bytes] = []"),
        "Config.key: no key can be of this type: take str, int, float",
    ),
    "field_of_no_type": (
        _with_key("field_of_no_type", "key: 'NoSuchType' = 0"),
        "Config: its fields have types that cannot be told: name 'NoSuchType' is not defined",
    ),
    "default_of_a_class": (
        _with_key("default_of_a_class", "key: acctship.Secret = acctship.Secret('env', 'X')"),
        "Config: a default is nothing that TOML can say: ",
    ),
}
"""Source of each broken plugin, and what its error says."""


FAULTY_METHODS = {
    "output gives None": ("return Null()", "return None", "gave None, which has not open, send and close"),
    "output gives half an output": ("def close(self): pass", "", "which has not open, send and close"),
    "output raises": ("return Null()", "raise RuntimeError('no luck')", "RuntimeError: no luck"),
    "output exits": ("return Null()", "raise SystemExit(0)", "SystemExit: 0"),
    "delivery raises": ("return acctship.Delivery()", "raise RuntimeError('no luck')", "RuntimeError: no luck"),
    "delivery exits": ("return acctship.Delivery()", "raise SystemExit(0)", "SystemExit: 0"),
    "delivery gives None": ("return acctship.Delivery()", "return None", "delivery() gave None"),
    "delivery gives what is out of range": ("acctship.Delivery()", "acctship.Delivery(in_flight=0)", "in_flight"),
}
"""What stands in a good plugin, what is put in its place, and what the error says."""


def distribution(
    folder: Path,
    package: str,
    modules: Mapping[str, str],
    entry_points: Mapping[str, str] | None = None,
    version: str = "1.2.3",
) -> None:
    """Put a package into a folder that is, or will be, on sys.path.

    Args:
        folder: made if it is not there.
        package: its name.
        modules: name and source of each.
        entry_points: name and value of each in group `acctship`; without it, one for each module, named like it.
        version: of the package.
    """
    folder.mkdir(exist_ok=True, parents=True)
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source)
    info = folder / f"{package.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    points = {name: name for name in modules} if entry_points is None else entry_points
    lines = "".join(f"{name} = {value}\n" for name, value in points.items())
    (info / "entry_points.txt").write_text(f"[acctship]\n{lines}")
