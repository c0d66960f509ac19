"""Which machine, which file."""

from __future__ import annotations

import socket
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from acctship.events.identity import Machine, segment_id, source_id, this_machine
from tests.builders import record

ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which this machine's own files are looked for."""
    monkeypatch.setattr("acctship.events.identity._MACHINE_IDS", (tmp_path / "etc-id", tmp_path / "dbus-id"))
    monkeypatch.setattr("acctship.events.identity._BOOT_ID", tmp_path / "boot_id")
    monkeypatch.setattr("acctship.events.identity._KERNEL_STATISTICS", tmp_path / "stat")
    monkeypatch.setattr(socket, "gethostname", lambda: "web1")
    (tmp_path / "etc-id").write_text(f"{ID}\n")
    (tmp_path / "boot_id").write_text("11111111-2222-3333-4444-555555555555\n")
    (tmp_path / "stat").write_text("cpu  1 2 3\ncpu0 1 2 3\nintr 5\nctxt 6\nbtime 1700000000\nprocesses 9\n")
    return tmp_path


@pytest.mark.usefixtures("root")
def test_a_machine_tells_all_that_it_knows() -> None:
    assert this_machine() == Machine("web1", ID, "11111111-2222-3333-4444-555555555555", 1_700_000_000)


def test_what_cannot_be_read_is_not_known(root: Path) -> None:
    for name in ("etc-id", "boot_id", "stat"):
        (root / name).unlink()
    assert this_machine() == Machine("web1")


@pytest.mark.parametrize("text", ["", "uninitialized\n", "0123\n", ID.upper(), ID + "0", "\xff" * 32])
def test_what_is_no_machine_id_is_passed_over(root: Path, text: str) -> None:
    (root / "etc-id").write_bytes(text.encode("latin-1"))
    assert this_machine().id is None
    (root / "dbus-id").write_text("f" * 32)
    assert this_machine().id == "f" * 32


def test_kernel_statistics_without_a_boot_time(root: Path) -> None:
    (root / "stat").write_text("cpu 1\nxbtime 5\n")
    assert this_machine().boot_time is None


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(("name", "shown"), [("", None), ("a\nb\x1b", r"a\x0ab\x1b"), ("x\udcff", r"x\xff")])
def test_a_host_name_is_made_harmless(monkeypatch: pytest.MonkeyPatch, name: str, shown: str | None) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: name)
    assert this_machine().name == shown


def test_this_very_machine() -> None:
    machine = this_machine()
    assert machine == this_machine()
    assert machine.name
    assert machine.boot_time
    assert machine.boot_time > 1_500_000_000


def test_a_source_is_named_by_machine_id_and_host_name_alone() -> None:
    machine = Machine("web1", ID, "boot", 5)
    assert source_id(machine) == sha256(f"{ID}\0web1".encode()).hexdigest()[:32]
    assert source_id(machine) == source_id(replace(machine, boot_id=None, boot_time=None))
    others = [Machine("web2", ID), Machine("web1"), Machine(None, ID), Machine(), Machine(ID, "web1")]
    assert len({source_id(one) for one in [machine, *others]}) == 6
    assert len(source_id(Machine())) == 32


def test_a_segment_is_named_by_its_source_and_its_first_record() -> None:
    first = record()
    assert segment_id("a", first) == sha256(b"a\0" + first).hexdigest()[:20]
    assert len({segment_id("a", first), segment_id("b", first), segment_id("a", record(pid=1))}) == 3
