"""What two JSON documents differ in, by dotted path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_SITE = ("template.mappings.", "template.settings.", "policy.phases.")
"""Below these, what is installed and not wanted is a difference: elsewhere, servers add what they like."""


def differences(installed: Any, wanted: Any) -> list[str]:
    """A line for each path that differs: what is there, and what should be.

    >>> differences({"version": 1, "priority": 200}, {"version": 2, "priority": 200})
    ['version: 1 -> 2']
    """
    there, here = dict(_flat(installed, "")), dict(_flat(wanted, ""))
    lines = []
    for path in sorted(there.keys() | here.keys()):
        if path not in here and not path.startswith(_SITE):
            continue
        before, after = there.get(path, "nothing"), here.get(path, "nothing")
        if before != after:
            lines.append(f"{path}: {before} -> {after}")
    return lines


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Each leaf. Servers give settings back as texts, so all leaves are compared as texts."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else f"{key}")
    elif isinstance(value, bool):
        yield path, str(value).lower()
    elif isinstance(value, str | int):
        yield path, str(value)
    elif value not in (None, {}):
        yield path, json.dumps(value, ensure_ascii=False, sort_keys=True)
