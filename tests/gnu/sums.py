"""What GNU's sa and `acctship summary` print."""

from __future__ import annotations

import re
from collections.abc import Callable

Sa = Callable[..., list[str]]
Ours = Callable[..., list[str]]

MEMORY = re.compile(r" +(\d+)k(?=\*sec|\b| mem)")
"""The column of memory in a row, which sa gets wrong."""


def memory_of(row: str) -> int:
    found = MEMORY.search(row)
    assert found, row
    return int(found[1])
