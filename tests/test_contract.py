"""What `acctship` exports, and what importing it costs."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from importlib import import_module, resources
from pathlib import Path

import pytest

import acctship
from acctship import errors, hookspecs

EXIT_CODES = {
    "AccountingError": 1,
    "AcctshipError": 1,
    "InputError": 1,
    "FormatError": 1,
    "ConfigError": 3,
    "PluginError": 3,
    "StateError": 3,
    "OutputError": 1,
    "RetryableError": 1,
    "HaltError": 1,
    "TooLargeError": 1,
}


def imported_for_type_checkers() -> dict[str, str]:
    """Name and home of each import under TYPE_CHECKING."""
    tree = ast.parse(Path(inspect.getfile(acctship)).read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    return {
        alias.asname or alias.name: node.module or ""
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_type_checkers_see_what_is_there() -> None:
    assert imported_for_type_checkers() == acctship._HOMES
    assert set(dir(acctship)) == set(acctship._HOMES)


@pytest.mark.parametrize("name", acctship._HOMES)
def test_every_name_is_there_and_documented(name: str) -> None:
    value = getattr(acctship, name)
    assert value is getattr(import_module(acctship._HOMES[name]), name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert inspect.getdoc(value)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'acctship' has no attribute 'Outputs'"):
        acctship.Outputs  # noqa: B018


def test_package_is_typed() -> None:
    assert resources.files("acctship").joinpath("py.typed").is_file()


def test_import_loads_nothing_heavy_and_help_neither() -> None:
    heavy = ("numpy", "msgspec", "click", "rich", "pluggy", "importlib.metadata")
    code = f"import sys, acctship; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"
    heavy = ("numpy", "msgspec", "rich", "pluggy", "acctship.plugins", "acctship.config")
    code = f"""
import sys
from acctship.cli import main
try:
    main(["--help"])
except SystemExit:
    print([name for name in {heavy} if name in sys.modules])
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True).splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", EXIT_CODES)
def test_error_ends_a_command_with_its_code(name: str) -> None:
    error: type[acctship.AcctshipError] = getattr(acctship, name)
    assert error.exit_code == EXIT_CODES[name]
    assert issubclass(error, acctship.AcctshipError)
    assert str(error("one line")) == "one line"


def test_error_tree_is_drawn_as_it_is() -> None:
    classes = {
        name: value
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.AcctshipError)
    }
    assert set(classes) == set(EXIT_CODES)
    drawn: dict[str, str] = {}
    parents: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        name = line.lstrip(" │├└─").partition(" ")[0]
        if name not in classes:
            continue
        depth = line.index(name)
        parents = [(at, one) for at, one in parents if at < depth]
        drawn[name] = parents[-1][1] if parents else "Exception"
        parents.append((depth, name))
    assert drawn == {name: value.__bases__[0].__name__ for name, value in classes.items()}


@pytest.mark.parametrize("hook", ["acctship_outputs", "acctship_setup"])
def test_every_hook_is_documented_with_an_example(hook: str) -> None:
    document = inspect.getdoc(getattr(hookspecs, hook)) or ""
    assert "Example:" in document
    assert f"def {hook}()" in document
    assert ">>> @hookimpl" in document


def test_every_hook_is_tested_here() -> None:
    hooks = {name for name, value in vars(hookspecs).items() if hasattr(value, "acctship_spec")}
    assert hooks == {"acctship_outputs", "acctship_setup"}
