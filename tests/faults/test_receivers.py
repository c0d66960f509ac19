"""Receivers that fail in every way: nothing is lost, nothing is counted twice, and no output waits for another."""

from __future__ import annotations

import random

import pytest

from tests.cli.service import until
from tests.faults.accounts import expect_all, expect_one_id_each, expect_sums
from tests.faults.campaign import FAULTS, LARGE, SEED
from tests.faults.machine import FILTER, Machine
from tests.faults.moody import KINDS
from tests.faults.receiver import FAULTS as HTTP_FAULTS, Receiver


@pytest.mark.parametrize("threads", [1, 3])
def test_nothing_is_lost_whatever_receivers_do(threads: int, machine: Machine, rng: random.Random) -> None:
    refused = frozenset(rng.sample(range(1, 200), 10))
    each = FAULTS // 4  # there are two tests, and two receivers
    with Receiver(rng, each, refuses=refused) as hook:
        machine.configure(machine.webhook(hook.url, FILTER) + machine.moody(SEED + threads, each, threads=threads))
        machine.write(200, rng)

        def done() -> bool:
            written = machine.written
            if not machine.has("hook", {*written.kept}, hook.events) or not machine.has("moody", written.pids):
                return False
            if hook.left == 0 and len(machine.lines("moody.jsonl.faults")) >= each:
                return True
            if rng.random() < 0.2:
                machine.rotate()
            machine.write(rng.randrange(5, 60), rng)
            return False

        machine.serve(done)
        machine.finish()
    written, kept, copy = machine.written, {*machine.written.kept}, machine.events()
    taken = machine.events("moody.jsonl")
    expect_all(kept, hook.events, machine.letters("hook"), "hook")
    expect_all(written.pids, taken, machine.letters("moody"), "moody")
    expect_all(written.pids, copy, [], "copy")
    assert refused & kept <= {event["process"]["pid"] for event in machine.letters("hook") if "process" in event}
    expect_one_id_each(hook.events, taken, copy, machine.letters("hook"), machine.letters("moody"))
    expect_sums("hook", written, hook.events, machine.letters("hook"), filters=True)
    expect_sums("moody", written, taken, machine.letters("moody"), filters=False)
    expect_sums("copy", written, copy, [], filters=False)
    if LARGE:
        assert {*hook.shown} == {*HTTP_FAULTS}
        assert {*machine.lines("moody.jsonl.faults")} == {*KINDS}


def test_receiver_that_hangs_does_not_slow_the_other_output(machine: Machine, rng: random.Random) -> None:
    with Receiver(rng, 1, kinds=("hangs",), takes=0) as hook:
        machine.configure(machine.webhook(hook.url, timeout="1h"))
        with machine.run():
            until(lambda: bool(hook.shown), "a batch that hangs")
            for _ in range(10):
                machine.write(50, rng)
                until(lambda: machine.has("events", machine.written.pids), "all records in the other output")
    assert hook.events == []
