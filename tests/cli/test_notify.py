"""Over a real datagram socket the service manager is told that the daemon is ready, how it fares, and that it lives."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from acctship.cli.notify import Notifier
from acctship.cli.telling import Telling
from tests.cli.service import Site, until


@dataclass
class Manager:
    """Stands in for systemd: what it does with a message is not our affair, that it gets them is."""

    name: str
    socket: socket.socket
    said: list[str] = field(default_factory=list)

    def hears(self, begin: str, times: int = 1) -> bool:
        """Whether a message that begins so has come so often."""
        while True:
            try:
                self.said.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return sum(one.startswith(begin) for one in self.said) >= times

    def place(self, begin: str) -> int:
        return next(at for at, one in enumerate(self.said) if one.startswith(begin))


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        name = str(tmp_path / "notify")
        if request.param == "abstract":
            name = f"@acctship-test-{os.getpid()}"
        listener.bind(f"\0{name[1:]}" if name.startswith("@") else name)
        listener.setblocking(False)
        yield Manager(name, listener)


def test_life_of_a_daemon(manager: Manager, tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.append(1, 6)
    site.environment |= {"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "400000"}
    with site.run() as service:
        until(lambda: manager.hears("READY=1"), "READY")
        assert (site.state / "cursors/copy.json").exists()
        until(lambda: manager.hears("WATCHDOG=1", 3), "signs of life")
        until(lambda: manager.hears("STATUS=copy: sending, lag 0 s"), "the status")
        service.signal(signal.SIGHUP)
        until(lambda: manager.hears("READY=1", 2), "READY again")
        assert manager.place("RELOADING=1\nMONOTONIC_USEC=") > manager.place("READY=1")
        code, _ = service.stop()
        assert code == 0
    assert manager.hears("STOPPING=1")
    assert not any(one.startswith("WATCHDOG") for one in manager.said[manager.place("STOPPING") :])


def test_configuration_that_is_refused_ends_the_reloading_too(manager: Manager, tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.append(1, 2)
    site.environment["NOTIFY_SOCKET"] = manager.name
    with site.run() as service:
        until(lambda: manager.hears("READY=1"), "READY")
        site.config.write_text("[")
        service.signal(signal.SIGHUP)
        until(lambda: manager.hears("READY=1", 2), "READY again")
    assert manager.hears("RELOADING=1")
    assert not manager.hears("WATCHDOG=1")


class Engine:
    """Stands in for an engine that cannot go on, which no real one does on demand."""

    failure: BaseException | None = None

    class status:  # noqa: N801 - an attribute
        last = None


def test_engine_that_has_failed_gives_no_sign_of_life(manager: Manager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", manager.name)
    monkeypatch.setenv("WATCHDOG_USEC", "2")
    telling, engine = Telling(None), Engine()
    other: Any = engine
    telling.ticked(other)
    assert manager.hears("WATCHDOG=1")
    engine.failure = RuntimeError("a bug")
    manager.said.clear()
    telling.ticked(other)
    assert not manager.hears("WATCHDOG=1")
    engine.failure = None
    telling.ticked(other)
    assert manager.hears("WATCHDOG=1")


def test_processes_that_we_start_cannot_speak_for_us(manager: Manager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", manager.name)
    monkeypatch.setenv("WATCHDOG_USEC", "1000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    assert Notifier().watchdog == 0.5
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} & set(os.environ)


@pytest.mark.parametrize(("microseconds", "pid"), [("", ""), ("0", ""), ("x", ""), ("1000000", "1")])
def test_watchdog_that_is_not_ours_is_not_fed(
    manager: Manager, monkeypatch: pytest.MonkeyPatch, microseconds: str, pid: str
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", manager.name)
    monkeypatch.setenv("WATCHDOG_USEC", microseconds)
    monkeypatch.setenv("WATCHDOG_PID", pid)
    assert Notifier().watchdog is None


@pytest.mark.parametrize("name", ["", "relative", "/no/such/socket", "vsock:2:1"])
def test_without_a_service_manager_nothing_happens(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    notifier = Notifier()
    notifier.ready()
    notifier.status("all is well")


def test_status_is_told_when_it_changes(manager: Manager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", manager.name)
    notifier = Notifier()
    for line in ("one", "one", "two", "two", "one"):
        notifier.status(line)
    manager.hears("STATUS")
    assert manager.said == ["STATUS=one", "STATUS=two", "STATUS=one"]
