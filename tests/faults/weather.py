"""Faults of a network, and kills of both ends, that an output with a real receiver has to survive."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from acctship.testing import FaultProxy
from acctship.testing.proxy import ProxyFault
from tests.cli.service import Events
from tests.faults.accounts import expect_all, expect_one_id_each, expect_sums
from tests.faults.machine import Machine
from tests.faults.test_kills import LONGEST_LIFE, live_for
from tests.servers.daemon import Daemon

KINDS: tuple[ProxyFault, ...] = ("down", "hang", "reset", "lost-ack")

Arrived = Callable[[], Events]
"""Gives the events that the receiver has by now."""


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


def through_weather(
    machine: Machine, rng: random.Random, proxy: FaultProxy, name: str, arrived: Arrived, *, faults: int
) -> None:
    """Write and rotate while the network has faults, until so many were shown and all that was kept has arrived."""
    weather = Weather(proxy, rng)

    def done() -> bool:
        if len(weather.shown) >= faults:
            weather.clear()
            return machine.has(name, {*machine.written.kept}, arrived())
        if rng.random() < 0.3:
            weather.change()
            if rng.random() < 0.1:
                machine.rotate()
            machine.write(rng.randrange(5, 60), rng)
        return False

    machine.write(200, rng)
    machine.serve(done)
    machine.finish()
    assert {*weather.shown} == {*KINDS}


def over_kills(
    machine: Machine, rng: random.Random, server: Daemon, name: str, arrived: Arrived, *, kills: int, spare: float = 0.5
) -> None:
    """Kill acctship so many times, and the server now and then, until all that was kept has arrived.

    Args:
        machine: where acctship runs.
        rng: decides when.
        server: the receiver.
        name: of the output.
        arrived: what the receiver has.
        kills: of acctship.
        spare: how often the server is left alone: 0 for never.
    """
    for _ in range(kills):
        machine.write(rng.randrange(50, 300), rng)
        with machine.run() as service:
            live_for(service.process, rng.uniform(0, LONGEST_LIFE / 2))
            if rng.random() >= spare:
                server.kill() if rng.random() < 0.5 else server.stop()
                machine.write(rng.randrange(5, 100), rng)
                server.start()
            live_for(service.process, rng.uniform(0, LONGEST_LIFE / 2))
            service.kill()
    machine.serve(lambda: machine.has(name, {*machine.written.kept}, arrived()))
    machine.finish()


def expect(machine: Machine, name: str, arrived: Events, *, filters: bool) -> None:
    """See that all is there, that each record has one id, and that the checkpoints add up."""
    written, copy = machine.written, machine.events()
    expect_all({*written.kept} if filters else written.pids, arrived, machine.letters(name), name)
    expect_all(written.pids, copy, [], "copy")
    expect_one_id_each(arrived, copy)
    expect_sums(name, written, arrived, machine.letters(name), filters=filters)
    expect_sums("copy", written, copy, [], filters=False)
    assert machine.letters(name) == []
