"""Real rsyslog behind a network that fails: RELP loses nothing, and TCP loses nothing that rsyslog had time to read."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from acctship.testing import FaultProxy
from tests.cli.service import Events, until
from tests.conftest import skip
from tests.faults.campaign import FAULTS, KILLS
from tests.faults.machine import FILTER, Machine
from tests.faults.weather import expect, over_kills, through_weather
from tests.programs import UnavailableError
from tests.servers.rsyslog import Listening, Rsyslog

EACH = FAULTS // 4
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


def test_relp_loses_nothing_whatever_the_network_does(machine: Machine, rng: random.Random) -> None:
    with (
        rsyslog(machine.folder, "relp") as server,
        FaultProxy("127.0.0.1", server.port("relp"), greeting=GREETING) as proxy,
    ):
        machine.configure(table("relp", "relp", proxy.port, FILTER))
        arrived = Arrived(server)
        through_weather(machine, rng, proxy, "relp", arrived.events, faults=EACH)
        expect(machine, "relp", arrived.events(), filters=True)


def test_relp_loses_nothing_when_acctship_and_rsyslog_are_killed(machine: Machine, rng: random.Random) -> None:
    with rsyslog(machine.folder, "relp") as server:
        machine.configure(table("relp", "relp", server.port("relp"), FILTER))
        arrived = Arrived(server)
        over_kills(machine, rng, server, "relp", arrived.events, kills=KILLS)
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
