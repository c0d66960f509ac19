"""A full disk, for the state, for dead letters and for the output's file: it halts, says so, and goes on by itself."""

from __future__ import annotations

import random

from tests.cli.service import until
from tests.faults.accounts import expect_all, expect_one_id_each, pids
from tests.faults.disk import small_disk
from tests.faults.machine import Machine
from tests.faults.receiver import Receiver

NO_SPACE = "No space left on device"


def test_full_disk_of_the_state_halts_all_until_there_is_room(machine: Machine, rng: random.Random) -> None:
    with small_disk(machine.state) as disk:
        machine.inside, machine.root = disk.inside, disk.root
        machine.write(20, rng)
        with machine.run() as service:
            until(lambda: machine.has("events", machine.written.pids), "the first records")
            disk.fill()
            machine.write(20, rng)
            message = f"outputs.copy: its cursor cannot be written: {NO_SPACE}: nothing is sent until it can be"
            until(lambda: message in machine.said.read_text(), "the alarm")
            machine.write(500, rng)
            disk.free()
            until(lambda: machine.has("events", machine.written.pids), "all records, once there is room")
            until(lambda: len(machine.health("state-unwritable")) >= 2, "the news of it")
            assert service.stop()[0] == 0
    phases = [event["acct"]["health"]["phase"] for event in machine.health("state-unwritable")]
    assert phases[:2] == ["start", "end"]
    expect_one_id_each(machine.events())


def test_full_disk_of_dead_letters_halts_that_output_until_there_is_room(machine: Machine, rng: random.Random) -> None:
    refused = frozenset(range(1, 200, 5))
    with small_disk(machine.state / "deadletter") as disk, Receiver(rng, refuses=refused) as hook:
        machine.inside, machine.root = disk.inside, disk.root
        machine.configure(machine.webhook(hook.url))
        with machine.run() as service:
            until(lambda: bool(machine.health("shipper-started")), "the start")
            disk.fill()
            machine.write(200, rng)
            until(lambda: bool(machine.health("output-halted")), "the alarm")
            until(lambda: machine.has("events", machine.written.pids), "all records in the other output")
            assert not machine.has("hook", machine.written.pids, hook.events)
            disk.free()
            until(lambda: machine.has("hook", machine.written.pids, hook.events), "all records, once there is room")
            until(lambda: len(machine.health("output-halted")) == 2, "the news of it")
            assert service.stop()[0] == 0
        letters = machine.letters("hook")
    halted, over = machine.health("output-halted")
    assert "outputs.hook: is halted: its dead letters cannot be kept: " in halted["message"]
    assert NO_SPACE in halted["message"]
    assert over["message"] == "outputs.hook: delivers again"
    assert pids(letters) == refused
    expect_all(machine.written.pids - refused, hook.events, [], "hook")
    expect_one_id_each(hook.events, letters, machine.events())


def test_full_disk_of_an_output_is_told_and_no_line_is_torn(machine: Machine, rng: random.Random) -> None:
    with small_disk(machine.folder / "disk") as disk:
        machine.inside, machine.root = disk.inside, disk.root
        machine.configure(f'[outputs.small]\ntype = "jsonl"\npath = "{machine.folder}/disk/small.jsonl"\n')
        with machine.run() as service:
            until(lambda: bool(machine.health("shipper-started", "disk/small.jsonl")), "the start")
            disk.fill()
            machine.write(100, rng)
            until(lambda: bool(machine.health("output-unreachable")), "the alarm")
            until(lambda: machine.has("events", machine.written.pids), "all records in the other output")
            assert not machine.has("disk/small", machine.written.pids)
            disk.free()
            until(lambda: machine.has("disk/small", machine.written.pids), "all records, once there is room")
            until(lambda: len(machine.health("output-unreachable")) == 2, "the news of it")
            assert service.stop()[0] == 0
        assert [event["process"]["pid"] for event in machine.events("disk/small.jsonl") if "process" in event] == [
            *range(1, 101)
        ]
    alarm, over = machine.health("output-unreachable")
    assert "outputs.small: is not reached: " in alarm["message"]
    assert NO_SPACE in alarm["message"]
    assert over["acct"]["health"]["outage"] == alarm["acct"]["health"]["outage"]
