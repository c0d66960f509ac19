"""The daemon is killed at random moments while receivers fail: nothing is lost, and what comes twice has one id."""

from __future__ import annotations

import random
import subprocess
from contextlib import suppress

from tests.faults.accounts import expect_all, expect_one_id_each, expect_sums
from tests.faults.campaign import KILLS, SEED
from tests.faults.machine import FILTER, Machine
from tests.faults.receiver import Receiver

LONGEST_LIFE = 2.0
"""Seconds after which a daemon is killed at last: it needs about a half to begin."""


def test_nothing_is_lost_and_the_accounts_add_up_over_kills(machine: Machine, rng: random.Random) -> None:
    with Receiver(rng, KILLS * 5) as hook:
        machine.configure(machine.webhook(hook.url, FILTER) + machine.moody(SEED, KILLS * 5, threads=2))
        for _ in range(KILLS):
            machine.write(rng.randrange(5, 100), rng)
            with machine.run() as service:
                live_for(service.process, rng.uniform(0, LONGEST_LIFE / 2))
                if rng.random() < 0.3:
                    machine.rotate()
                machine.write(rng.randrange(5, 100), rng)
                live_for(service.process, rng.uniform(0, LONGEST_LIFE / 2))
                service.kill()
        machine.serve(
            lambda: (
                machine.has("hook", {*machine.written.kept}, hook.events)
                and machine.has("moody", machine.written.pids)
                and machine.has("events", machine.written.pids)
            )
        )
        machine.finish()
    written, taken, copy = machine.written, machine.events("moody.jsonl"), machine.events()
    expect_all({*written.kept}, hook.events, machine.letters("hook"), "hook")
    expect_all(written.pids, taken, machine.letters("moody"), "moody")
    expect_all(written.pids, copy, [], "copy")
    expect_one_id_each(hook.events, taken, copy, machine.letters("hook"), machine.letters("moody"))
    expect_sums("hook", written, hook.events, machine.letters("hook"), filters=True)
    expect_sums("moody", written, taken, machine.letters("moody"), filters=False)
    expect_sums("copy", written, copy, [], filters=False)


def live_for(process: subprocess.Popen[str], seconds: float) -> None:
    """Let a daemon live for a while; one that ends earlier does so because an output hung too often."""
    with suppress(subprocess.TimeoutExpired):
        assert process.wait(seconds) == 1
