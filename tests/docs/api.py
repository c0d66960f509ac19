"""The pages of the public interface, docs/api*.md: signatures as they stand in the code, docstrings as prose.

Generated as Markdown, like all that docs/ takes from the code: it reads in a clone and in the installed package, where
no Sphinx is. Signatures are the source's own lines, so what a page says is what a caller may write.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import acctship
from tests.docs.docstrings import markdown

HOOKS, NETWORK = "acctship.hookspecs", "acctship.network"
_KEPT = ("property", "cached_property", "classmethod", "contextmanager", "dataclass", "hookspec")
"""Decorators that tell how to call what they decorate."""
_LONGEST = 120
"""Characters of a line, as ruff is configured: it formats the blocks of Python in documents, too."""

Definition = ast.ClassDef | ast.FunctionDef

_HOMES: dict[Definition, str] = {}
"""The module of each definition that was parsed."""


@dataclass(frozen=True)
class Name:
    """One public name: where it is imported from, and where it is defined."""

    shown: str
    home: str


def public() -> dict[str, list[Name]]:
    """The public names, by the part of a page on which they are."""
    of_acctship = [Name(name, home) for name, home in acctship._HOMES.items()]
    parts = {
        "output": [name for name in of_acctship if name.home in ("acctship.output", "acctship.secret")],
        "hooks": [Name(name, HOOKS) for name in _defined(HOOKS)],
        "events": [name for name in of_acctship if name.home.startswith("acctship.events.")],
        "errors": [name for name in of_acctship if name.home == "acctship.errors"],
        "version": [name for name in of_acctship if name.home == "acctship._version"],
    }
    for name in _imported("acctship.testing"):
        parts.setdefault(name.home.removeprefix("acctship."), []).append(name)
    modules = [f"{NETWORK}.{path.stem}" for path in sorted(_file(NETWORK).parent.glob("[a-z]*.py"))]
    parts["network"] = [Name(name, module) for module in modules for name in _defined(module)]
    return {part: sorted(names, key=_place) for part, names in parts.items()}


def parts() -> dict[str, str]:
    """Every generated part, by the name in its marker."""
    return {f"api: {part}": "\n\n".join(_introduced(part, names)) for part, names in public().items()}


def described(name: Name) -> str:
    """What a page says of one name: its signature, then its meaning, which is empty if the code states none."""
    code, *meaning = _described(name.home, name.shown)
    return "\n\n".join([code, *meaning]) if any(meaning) else ""


def _place(name: Name) -> tuple[str, int]:
    """Names stand in the order in which their module has them."""
    nodes = enumerate(_tree(name.home).body)
    at = (at for at, node in nodes if name.shown in (getattr(node, "name", ""), *_targets(node)))
    return name.home, next(at)


def _introduced(part: str, names: Iterable[Name]) -> Iterator[str]:
    last = ""
    for name in names:
        if part == "network" and name.home != last:
            last = name.home
            yield f"## {last}"
            yield markdown(ast.get_docstring(_tree(last)) or "")
        yield f"### {name.shown.replace('__', chr(92) + '_' + chr(92) + '_')}"
        yield described(name)


def _described(home: str, name: str) -> Iterator[str]:
    tree = _tree(home)
    for at, node in enumerate(tree.body):
        if isinstance(node, Definition) and node.name == name:
            yield _code(_stub(node))
            yield markdown(ast.get_docstring(node) or "")
            if isinstance(node, ast.ClassDef):
                yield from _members(node)
        elif name in _targets(node):
            yield _code(_assigned(node, _file(home).read_text("utf-8")))
            yield markdown(_said_below(tree.body, at))


def _members(node: ast.ClassDef) -> Iterator[str]:
    meanings = [
        f"- `{name}`: {meaning}"
        for at, field in enumerate(node.body)
        if isinstance(field, ast.AnnAssign) and (meaning := _meaning(field) or _said_below(node.body, at))
        for name in _targets(field)
    ]
    if meanings:
        yield "\n".join(meanings)
    for member in node.body:
        if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
            yield f"#### {node.name}.{member.name}"
            yield markdown(ast.get_docstring(member) or "")


def _stub(node: Definition, indent: str = "") -> str:
    """The header as it stands in the source and, of a class, those of its public members."""
    above = [f"{indent}@{ast.unparse(one)}" for one in node.decorator_list if _last(one) in _KEPT]
    header = _header(node)
    inner, fields = list[str](), 0
    for member in node.body if isinstance(node, ast.ClassDef) else []:
        if isinstance(member, ast.FunctionDef):
            if member.name == "__init__" or not member.name.startswith("_"):
                inner += [""] if fields == len(inner) > 0 else []
                inner.append(_stub(member, indent + "    "))
        elif isinstance(member, ast.AnnAssign) and not ast.unparse(member.target).startswith("_"):
            fields += 1
            inner.append(f"{indent}    {_assigned(member, _source(node))}")
    return "\n".join([*above, textwrap.indent(header if inner else _fitted(f"{header} ...", indent), indent), *inner])


def _fitted(header: str, indent: str) -> str:
    """One line, or as ruff breaks one that is too long."""
    if "\n" in header or len(indent + header) <= _LONGEST:
        return header
    name, _, rest = header.partition("(")
    arguments, _, end = rest.rpartition(") ->")
    return f"{name}(\n    {arguments}\n) ->{end}"


def _header(node: Definition) -> str:
    lines = _source(node).splitlines()[node.lineno - 1 : max(node.body[0].lineno - 1, node.lineno)]
    text = textwrap.dedent("\n".join(line.partition("  # ")[0] for line in lines))
    return text.removesuffix(" ...")


@cache
def _file(module: str) -> Path:
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin)


@cache
def _tree(module: str) -> ast.Module:
    tree = ast.parse(_file(module).read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, Definition):
            _HOMES[node] = module
    return tree


def _source(node: Definition) -> str:
    return _file(_HOMES[node]).read_text("utf-8")


def _imported(module: str) -> Iterator[Name]:
    """What a module imports for others: `from HOME import NAME as NAME`."""
    for node in _tree(module).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (Name(one.name, node.module) for one in node.names if one.asname == one.name)


def _defined(module: str) -> list[str]:
    nodes = _tree(module).body
    defined = [node.name for node in nodes if isinstance(node, Definition)]
    told = [name for at, node in enumerate(nodes) for name in _targets(node) if _said_below(nodes, at)]
    return [name for name in [*defined, *told] if not name.startswith("_")]


def _targets(node: ast.stmt) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _said_below(nodes: list[ast.stmt], at: int) -> str:
    """The string behind an assignment, which is its docstring."""
    below = nodes[at + 1] if at + 1 < len(nodes) else None
    if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
        return str(below.value.value)
    return ""


def _assigned(node: ast.stmt, source: str) -> str:
    """`key: Annotated[T, ...] = default` as `key: T = default`: the rest is told in prose, and so is a long value."""
    if isinstance(node, ast.Assign):
        return f"{ast.unparse(node.targets[0])} = {_short(node.value, source)}"
    assert isinstance(node, ast.AnnAssign)
    kind = node.annotation
    if isinstance(kind, ast.Subscript) and ast.unparse(kind.value) == "Annotated":
        assert isinstance(kind.slice, ast.Tuple)
        kind = kind.slice.elts[0]
    value = f" = {_short(node.value, source)}" if node.value else ""
    return f"{ast.unparse(node.target)}: {ast.get_source_segment(source, kind)}{value}"


def _short(value: ast.expr, source: str) -> str:
    text = ast.get_source_segment(source, value) or ""
    return "..." if "\n" in text else text


def _meaning(node: ast.AnnAssign) -> str:
    for call in ast.walk(node.annotation):
        if isinstance(call, ast.keyword) and call.arg == "description":
            return str(ast.literal_eval(call.value))
    return ""


def _last(decorator: ast.expr) -> str:
    return ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator).rpartition(".")[2]


def _code(text: str) -> str:
    return f"```python\n{text}\n```"
