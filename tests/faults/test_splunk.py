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
from tests.faults.test_kills import LONGEST_LIFE, live_for
from tests.faults.test_syslog import KINDS, Weather, expect
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
        arrived, weather = Arrived(server), Weather(proxy, rng)

        def done() -> bool:
            if len(weather.shown) >= EACH:
                weather.clear()
                return site.has("hec", {*site.written.kept}, arrived.events())
            if rng.random() < 0.3:
                weather.change()
                if rng.random() < 0.1:
                    site.rotate()
                site.write(rng.randrange(5, 60), rng)
            return False

        site.write(200, rng)
        site.serve(done)
        site.finish()
        expect(site, "hec", arrived.events(), filters=True)
    assert {*weather.shown} == {*KINDS}


def test_nothing_is_lost_when_acctship_and_the_server_are_killed(site: Machine, rng: random.Random) -> None:
    with collector(site.folder) as server:
        site.configure(table(port(server)))
        arrived = Arrived(server)
        for _ in range(KILLS // 3):
            site.write(rng.randrange(50, 300), rng)
            with site.run() as service:
                live_for(service.process, rng.uniform(0, LONGEST_LIFE / 2))
                if rng.random() < 0.5:
                    server.kill() if rng.random() < 0.5 else server.stop()
                    site.write(rng.randrange(5, 100), rng)
                    server.start()
                live_for(service.process, rng.uniform(0, LONGEST_LIFE / 2))
                service.kill()
        site.serve(lambda: site.has("hec", {*site.written.kept}, arrived.events()))
        site.finish()
        expect(site, "hec", arrived.events(), filters=True)
