"""The machine gets another name, another machine-id, another time: event ids stay, and one health event tells of it."""

from __future__ import annotations

import os
import random
import subprocess
from functools import partial
from pathlib import Path

import pytest

from acctship.cli.daemon import Orders
from acctship.cli.sources import Origin
from acctship.delivery import engine
from acctship.delivery.clock import ClockWatch
from acctship.delivery.keeping.state import State
from acctship.events.identity import this_machine
from tests.cli.service import until
from tests.conftest import skip
from tests.faults.accounts import expect_all, expect_one_id_each
from tests.faults.machine import Machine

MACHINE_ID = Path("/etc/machine-id")
NEW_ID = "fedcba9876543210fedcba9876543210"


def moved(machine: Machine, *, name: str = "", machine_id: str = "") -> list[str]:
    """Command in front of another that then runs under another host name, or with another machine-id."""
    if os.geteuid() != 0:
        skip("only root can have a host name and a machine-id of its own")
    steps = [f"hostname {name}"] if name else []
    if machine_id:
        (machine.folder / "machine-id").write_text(f"{machine_id}\n")
        steps.append(f"mount --bind {machine.folder}/machine-id {MACHINE_ID}")
    script = " && ".join([*steps, 'exec "$@"'])
    command = ["unshare", "--uts", "--mount", "--propagation", "private", "sh", "-c", script, "sh"]
    done = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if done.returncode:
        skip(f"no namespace with another name can be had here: {done.stderr.strip()}")
    return command


def test_ids_stay_when_the_machine_is_renamed_and_each_change_is_told_once(
    machine: Machine, rng: random.Random
) -> None:
    late = f'[outputs.late]\ntype = "jsonl"\npath = "{machine.folder}/late.jsonl"\nstart = "oldest"\n'
    renamed = moved(machine, name="renamed.example")
    both = moved(machine, name="renamed.example", machine_id=NEW_ID)
    for inside, told in (([], 0), (renamed, 1), (renamed, 1), (both, 2), (both, 2)):
        machine.inside = inside
        machine.write(5, rng)
        machine.finish()
        assert len(machine.health("host-changed")) == told
    machine.configure(late)
    machine.finish()
    name, new_id = (event["message"] for event in machine.health("host-changed"))
    assert f"host name changed from {this_machine().name} to renamed.example" in name
    assert f"machine-id changed from {this_machine().id} to {NEW_ID}" in new_id
    for events in (machine.events(), machine.events("late.jsonl")):
        expect_all(machine.written.pids, events, [], "each output")
    expect_one_id_each(machine.events(), machine.events("late.jsonl"))
    hosts = {event["host"]["name"] for event in machine.events() if "process" in event}
    assert hosts == {this_machine().name, "renamed.example"}


def test_clock_that_is_set_is_told_once_and_changes_no_id(
    machine: Machine, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock stands in for the machine's, which must not be set: a time namespace shifts only the steady clocks."""
    wall = [1_700_000_000.0]
    monkeypatch.setattr(engine, "_CHORES", 0.0)
    monkeypatch.setattr(engine, "ClockWatch", partial(ClockWatch, wall=lambda: wall[0], steady=lambda: 0.0))
    settings, task = Orders(machine.config, (), None, Origin(numeric=True), once=False, drain=False).task()
    state = State.open(Path(settings.state.directory), this_machine(), accept_loss=False)
    running = engine.Engine(task, state, lambda _line: None)
    running.start()

    def there() -> bool:
        running.tick()
        return machine.has("events", machine.written.pids)

    for step in (0.0, 3600.0, -7200.0):
        wall[0] += step
        machine.write(5, rng)
        until(there, "the records")
    assert running.stop("the test is over")
    told = [event["message"].partition(" (")[0] for event in machine.health("clock-stepped")]
    assert told == ["the clock was set forward by 3600.0 s", "the clock was set back by 7200.0 s"]
    expect_one_id_each(machine.events())
