"""Real rsyslog behind a network that fails: RELP loses nothing, and TCP loses nothing that rsyslog had time to read."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import pytest

from acctship.testing import FaultProxy
from acctship.testing.proxy import ProxyFault
from tests.cli.service import Events, until
from tests.conftest import skip
from tests.faults.accounts import expect_all, expect_one_id_each, expect_sums
from tests.faults.campaign import FAULTS, KILLS
from tests.faults.machine import FILTER, Machine
from tests.faults.test_kills import LONGEST_LIFE, live_for
from tests.programs import UnavailableError
from tests.servers.rsyslog import Listening, Rsyslog

EACH = FAULTS // 4
KINDS: tuple[ProxyFault, ...] = ("down", "hang", "reset", "lost-ack")
GREETING = 100
"""Bytes that a client says at most before its first message."""


@contextmanager
def rsyslog(folder: Path, way: Listening) -> Iterator[Rsyslog]:
    try:
        made = Rsyslog(folder / "rsyslog", way)
    except UnavailableError as error:
        skip(str(error))
    with made:
        yield made


def table(name: str, way: str, port: int, more: str = "") -> str:
    """Small batches and short waits, so that many a one fails."""
    return (
        f'[outputs.{name}]\ntype = "syslog"\ntransport = "{way}"\naddress = "127.0.0.1:{port}"\n'
        f'start = "oldest"\n{more}'
        f'[outputs.{name}.delivery]\nbatch_events = 10\nlinger = "50ms"\ntimeout = "500ms"\n'
    )


class Arrived:
    """What the server has got, each message read once."""

    def __init__(self, server: Rsyslog) -> None:
        self._server, self._events = server, Events()

    def events(self) -> Events:
        messages = self._server.messages()[len(self._events) :]
        self._events += [json.loads(message["msg"]) for message in messages]
        return self._events


class Weather:
    """Faults of a network, one at a time, each until something has happened meanwhile."""

    def __init__(self, proxy: FaultProxy, rng: random.Random) -> None:
        self._proxy, self._rng = proxy, rng
        self._now: AbstractContextManager[None] = nullcontext()
        self.shown = list[ProxyFault]()

    def change(self) -> None:
        """Another fault, or none."""
        self.clear()
        if self._rng.random() < 0.7:
            unseen = [kind for kind in KINDS if kind not in self.shown]
            self.shown.append(self._rng.choice(unseen or KINDS))
            self._now = self._proxy.fault(self.shown[-1])
        self._now.__enter__()

    def clear(self) -> None:
        """No fault."""
        self._now.__exit__(None, None, None)
        self._now = nullcontext()


def expect(machine: Machine, name: str, arrived: Events, *, filters: bool) -> None:
    """See that all is there, that each record has one id, and that the checkpoints add up."""
    written, copy = machine.written, machine.events()
    expect_all({*written.kept} if filters else written.pids, arrived, machine.letters(name), name)
    expect_all(written.pids, copy, [], "copy")
    expect_one_id_each(arrived, copy)
    expect_sums(name, written, arrived, machine.letters(name), filters=filters)
    expect_sums("copy", written, copy, [], filters=False)
    assert machine.letters(name) == []


def test_relp_loses_nothing_whatever_the_network_does(machine: Machine, rng: random.Random) -> None:
    with (
        rsyslog(machine.folder, "relp") as server,
        FaultProxy("127.0.0.1", server.port("relp"), greeting=GREETING) as proxy,
    ):
        machine.configure(table("relp", "relp", proxy.port, FILTER))
        arrived, weather = Arrived(server), Weather(proxy, rng)

        def done() -> bool:
            if len(weather.shown) >= EACH:
                weather.clear()
                return machine.has("relp", {*machine.written.kept}, arrived.events())
            if rng.random() < 0.3:
                weather.change()
                if rng.random() < 0.1:
                    machine.rotate()
                machine.write(rng.randrange(5, 60), rng)
            return False

        machine.write(200, rng)
        machine.serve(done)
        machine.finish()
        expect(machine, "relp", arrived.events(), filters=True)
    assert {*weather.shown} == {*KINDS}


def test_relp_loses_nothing_when_acctship_and_rsyslog_are_killed(machine: Machine, rng: random.Random) -> None:
    with rsyslog(machine.folder, "relp") as server:
        machine.configure(table("relp", "relp", server.port("relp"), FILTER))
        arrived = Arrived(server)
        for _ in range(KILLS):
            machine.write(rng.randrange(50, 300), rng)
            with machine.run() as service:
                live_for(service.process, rng.uniform(0, LONGEST_LIFE / 2))
                if rng.random() < 0.5:
                    server.kill() if rng.random() < 0.5 else server.stop()
                    machine.write(rng.randrange(5, 100), rng)
                    server.start()
                live_for(service.process, rng.uniform(0, LONGEST_LIFE / 2))
                service.kill()
        machine.serve(lambda: machine.has("relp", {*machine.written.kept}, arrived.events()))
        machine.finish()
        expect(machine, "relp", arrived.events(), filters=True)


@pytest.mark.parametrize("kind", ["suspended", "stopped", "killed"])
def test_tcp_loses_nothing_that_rsyslog_had_read(kind: str, machine: Machine, rng: random.Random) -> None:
    with rsyslog(machine.folder, "tcp") as server:
        machine.configure(table("tcp", "tcp", server.port("tcp")))
        arrived, shown = Arrived(server), 0
        machine.write(50, rng)

        def done() -> bool:
            nonlocal shown
            if not machine.has("tcp", machine.written.pids, arrived.events()):
                return False
            if shown == EACH // 3:
                return True
            shown += 1
            if kind == "suspended":
                server.signal(signal.SIGSTOP)
            else:
                server.stop() if kind == "stopped" else server.kill()
            machine.write(rng.randrange(5, 60), rng)
            until(lambda: machine.has("copy", machine.written.pids, machine.events()), "the other output goes on")
            if kind == "suspended":
                server.signal(signal.SIGCONT)
            else:
                server.start()
            return False

        machine.serve(done)
        machine.finish()
        expect(machine, "tcp", arrived.events(), filters=False)
