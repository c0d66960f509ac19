"""The local time zone of a test."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from acctship.reports import dump


@contextmanager
def zone(name: str) -> Iterator[None]:
    """Be in a zone, named as TZ does; what was rendered in another is forgotten."""
    before = os.environ.get("TZ")
    _go(name)
    try:
        yield
    finally:
        _go(before)


def _go(name: str | None) -> None:
    if name is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = name
    time.tzset()
    dump._MINUTES.clear()
