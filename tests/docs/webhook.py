"""The webhook's files, cut into the pieces that the tutorial explains one after the other."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tests.paths import WEBHOOK

PACKAGE, MODULE, TESTS = "pyproject.toml", "src/acctship_output_webhook.py", "tests/test_webhook.py"

CUTS: Mapping[str, tuple[str, ...]] = {
    MODULE: ("Config", "Config.delivery", "_Webhook", "_Webhook.send", "_Webhook.check", "_Webhook._request",
             "acctship_outputs"),
    TESTS: ("Handler", "TestWebhook"),
}  # fmt: skip
"""Where a piece begins; the first of each file, `imports`, stands before them."""


def parts() -> dict[str, str]:
    """Every piece as Markdown, by the name in its marker."""
    named = {f"webhook: {PACKAGE}": _fenced("toml", (WEBHOOK / PACKAGE).read_text("utf-8"))}
    for file in CUTS:
        for name, text in _pieces(file):
            named[f"webhook: {file}: {name}"] = _fenced("python", text)
    return named


def _pieces(file: str) -> Iterator[tuple[str, str]]:
    text = (WEBHOOK / file).read_text("utf-8")
    starts = dict(_starts(ast.parse(text).body, ""))
    lines = text.splitlines()
    names = ["imports", *CUTS[file]]
    edges = [0, *(starts[name] for name in CUTS[file]), len(lines)]
    for at, name in enumerate(names):
        yield name, "\n".join(lines[edges[at] : edges[at + 1]])


def _starts(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, int]]:
    """Each definition, by its dotted name, and the line, from 0, at which it begins with its decorators."""
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield prefix + node.name, min([node.lineno, *(one.lineno for one in node.decorator_list)]) - 1
            yield from _starts(node.body, f"{prefix}{node.name}.")


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text.strip(chr(10))}\n```"
