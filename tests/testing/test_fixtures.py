"""What the kit gives to a test: events that are what they say, and accounting files; to who runs acctship, nothing."""

from __future__ import annotations

import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from acctship import EventBatch
from acctship.events.escape import escape
from acctship.records import Reader
from acctship.testing import (
    FAULTS,
    HOSTILE_COMMANDS,
    Fault,
    FaultProxy,
    ProxyFault,
    events,
    hostile_events,
    huge_events,
)
from tests.schema import assert_valid_event
from tests.testing.test_proxy import Echo, works

pytest_plugins = ["acctship.testing.fixtures"]


def names(batch: EventBatch) -> list[str]:
    return [event.process.name for event in batch if event.process]


def test_events_have_a_name_and_ids_of_their_own() -> None:
    batch = events(3, command="sh", first_pid=7)
    assert names(batch) == ["sh"] * 3
    assert [event.process.pid for event in batch if event.process] == [7, 8, 9]
    assert len({*events(3).ids, *events(3, first_pid=4).ids, *events(3, command="sh").ids}) == 9
    assert events(3).ids == events(3).ids


def test_hostile_events_have_every_hostile_name_and_are_valid() -> None:
    batch = hostile_events()
    assert names(batch) == [escape(name) for name in HOSTILE_COMMANDS]
    for line in batch.json():
        assert_valid_event(line)


@pytest.mark.parametrize("size", [1, 1000, 1_000_001])
def test_huge_events_are_as_large_as_they_say_and_not_much_larger(size: int) -> None:
    lines = huge_events(2, size).json()
    assert len(lines) == 2
    assert all(size <= len(line) < size + size // 10 + 2000 for line in lines)


def test_fixture_of_events_has_ordinary_and_hostile_ones(acctship_events: EventBatch) -> None:
    assert len(set(acctship_events.ids)) == len(acctship_events) == 100 + len(HOSTILE_COMMANDS)


def test_fixture_of_an_accounting_file_can_be_read(accounting_file: Path) -> None:
    with Reader(accounting_file) as reader:
        assert sum(map(len, reader)) == 1000


def test_fixture_of_a_proxy_puts_one_before_a_server(fault_proxy: Callable[[str, int], FaultProxy]) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        assert works(fault_proxy("127.0.0.1", server.server_address[1]))
        server.shutdown()


def test_every_fault_is_explained() -> None:
    assert tuple(FAULTS) == get_args(Fault)
    assert set(get_args(ProxyFault)) <= set(FAULTS)


def test_kit_is_not_imported_by_those_who_run_acctship() -> None:
    code = """
import sys
from acctship.cli import main
try:
    main(["run", "--help"])
except SystemExit:
    print([name for name in sys.modules if name == "pytest" or name.startswith("acctship.testing")])
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True).splitlines()[-1] == "[]"
