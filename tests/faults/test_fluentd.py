"""Real receivers of forward, killed, or behind a network that fails: nothing is lost, what comes twice has one id."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from acctship.testing import FaultProxy
from tests.cli.service import Events
from tests.conftest import skip
from tests.faults.campaign import FAULTS, KILLS
from tests.faults.machine import FILTER, Machine
from tests.faults.weather import expect, over_kills, through_weather
from tests.programs import UnavailableError
from tests.servers.fluent_server import FluentServer
from tests.servers.otelcol import Collector

EACH = FAULTS // 4
GREETING = 300
"""Bytes that a client says at most before its first chunk: PING."""
KEY = "correct horse"


def table(address: str, more: str = "") -> str:
    """Small batches and short waits, so that many a one fails."""
    return (
        f'[outputs.forward]\ntype = "fluentd"\naddress = "{address}"\nstart = "oldest"\n{more}'
        '[outputs.forward.delivery]\nbatch_events = 10\nlinger = "50ms"\ntimeout = "500ms"\n'
    )


@contextmanager
def receiver(kind: str, folder: Path) -> Iterator[tuple[FluentServer | Collector, str, str]]:
    """A server, its address, and the keys that it needs."""
    server: FluentServer | Collector
    try:
        if kind == "fluent":
            fluent = FluentServer(folder / kind, "tcp", shared_key=KEY)
            server, address, keys = fluent, fluent.address("tcp"), 'shared_key = { env = "FORWARD_KEY" }\n'
        else:
            server = collector = Collector(folder / kind, "forward")
            address, keys = collector.address("forward"), ""
    except UnavailableError as error:
        skip(str(error))
    with server:
        yield server, address, keys


class Arrived:
    """What the server has got, each message read once."""

    def __init__(self, server: FluentServer | Collector) -> None:
        self._server, self._events = server, Events()

    def events(self) -> Events:
        self._events += [message["record"] for message in self._server.messages()[len(self._events) :]]
        return self._events


@pytest.mark.parametrize("kind", ["fluent", "collector"])
def test_loses_nothing_whatever_the_network_does(kind: str, machine: Machine, rng: random.Random) -> None:
    machine.environment["FORWARD_KEY"] = KEY
    with receiver(kind, machine.folder) as (server, address, keys):
        host, _, port = address.partition(":")
        with FaultProxy(host, int(port), greeting=GREETING if keys else 0) as proxy:
            machine.configure(table(f"127.0.0.1:{proxy.port}", FILTER + keys))
            arrived = Arrived(server)
            through_weather(machine, rng, proxy, "forward", arrived.events, faults=EACH)
            expect(machine, "forward", arrived.events(), filters=True)


def test_loses_nothing_when_acctship_and_the_server_are_killed(machine: Machine, rng: random.Random) -> None:
    machine.environment["FORWARD_KEY"] = KEY
    with receiver("fluent", machine.folder) as (server, address, keys):
        machine.configure(table(address, FILTER + keys))
        arrived = Arrived(server)
        over_kills(machine, rng, server, "forward", arrived.events, kills=KILLS)
        expect(machine, "forward", arrived.events(), filters=True)
