"""The real collector behind a network that fails: with acknowledgements nothing is lost, whatever happens."""

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
from tests.servers.otelcol import TOKEN, Collector

EACH = FAULTS // 10


@contextmanager
def collector(folder: Path) -> Iterator[Collector]:
    try:
        made = Collector(folder / "otelcol", "hec-ack")
    except UnavailableError as error:
        skip(str(error))
    with made:
        yield made


def port(server: Collector) -> int:
    """Where it listens."""
    return int(server.url("hec-ack").rpartition(":")[2])


def table(port: int) -> str:
    """Small batches and short waits, so that many a one fails."""
    return (
        f'[outputs.hec]\ntype = "splunk_hec"\nurl = "http://localhost:{port}"\ntoken = {{ env = "HEC_TOKEN" }}\n'
        f'start = "oldest"\nack_timeout = 2\n{FILTER}'
        '[outputs.hec.delivery]\nbatch_events = 10\nlinger = "50ms"\ntimeout = "4s"\n'
    )


class Arrived:
    """What the server has got, each message read once."""

    def __init__(self, server: Collector) -> None:
        self._server = server

    def events(self) -> Events:
        return [one["event"] for one in self._server.messages()]


@pytest.fixture
def site(machine: Machine) -> Machine:
    machine.environment["HEC_TOKEN"] = TOKEN
    return machine


def test_nothing_is_lost_whatever_the_network_does(site: Machine, rng: random.Random) -> None:
    with collector(site.folder) as server, FaultProxy("localhost", port(server)) as proxy:
        site.configure(table(proxy.port))
        arrived = Arrived(server)
        through_weather(site, rng, proxy, "hec", arrived.events, faults=EACH)
        expect(site, "hec", arrived.events(), filters=True)


def test_nothing_is_lost_when_acctship_and_the_server_are_killed(site: Machine, rng: random.Random) -> None:
    with collector(site.folder) as server:
        site.configure(table(port(server)))
        arrived = Arrived(server)
        over_kills(site, rng, server, "hec", arrived.events, kills=KILLS // 3)
        expect(site, "hec", arrived.events(), filters=True)
