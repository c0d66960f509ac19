"""Fixtures for tests of outputs: `pytest_plugins = ["acctship.testing.fixtures"]` in a conftest.py brings them.

They assert nothing, and may be imported before pytest loads them: PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from acctship.events.batch import EventBatch
from acctship.testing.events import events, hostile_events
from acctship.testing.proxy import FaultProxy
from acctship.testing.records import random_records


@pytest.fixture
def acctship_events() -> EventBatch:
    """A hundred ordinary events, and one for each hostile name."""
    return EventBatch([*events(100), *hostile_events()])


@pytest.fixture
def accounting_file(tmp_path: Path) -> Path:
    """An accounting file of 1,000 records, for `acctship run --once -f`."""
    path = tmp_path / "pacct"
    path.write_bytes(b"".join(random_records(1000)))
    return path


@pytest.fixture
def fault_proxy() -> Iterator[Callable[[str, int], FaultProxy]]:
    """A function that puts a `FaultProxy` in front of a host and a port, and closes it at the end of the test."""
    with ExitStack() as stack:
        yield lambda host, port: stack.enter_context(FaultProxy(host, port))
