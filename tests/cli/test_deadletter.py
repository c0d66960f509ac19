"""`acctship deadletter`: what a receiver would not take is listed, and delivered once it is taken, also meanwhile."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.service import Events, until
from tests.faults.accounts import expect_all, expect_one_id_each, pids
from tests.faults.machine import Machine
from tests.faults.receiver import Receiver

REFUSED = frozenset({3, 7, 8, 20})
RNG = random.Random(1)


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with Receiver(RNG, refuses=REFUSED) as hook:
        yield hook


@pytest.fixture
def machine(tmp_path: Path, hook: Receiver) -> Machine:
    """A machine that has shipped 20 records, of which the receiver took all but four."""
    machine = Machine(tmp_path)
    machine.configure(machine.webhook(hook.url))
    machine.append(1, 21)
    assert machine.command("run", "--once").code == 1
    assert pids(machine.letters("hook")) == REFUSED
    return machine


def letters_now(machine: Machine) -> Events:
    """The dead letters in the file, which a replay may have made shorter."""
    machine.forget_what_was_read()
    return machine.letters("hook")


def test_list_says_when_which_and_why(machine: Machine) -> None:
    done = machine.command("deadletter", "list")
    assert (done.code, done.err) == (0, "")
    header, *rows = done.out.decode().splitlines()
    assert header.split() == ["OUTPUT", "TIME", "EVENT", "REASON"]
    assert [row.split()[2] for row in rows] == [event["event"]["id"] for event in machine.letters("hook")]
    assert all(
        row.startswith("hook") and row.endswith("too large: HTTP 413: more than the receiver takes at once")
        for row in rows
    )


def test_list_of_one_output_shows_that_one(machine: Machine) -> None:
    assert machine.command("deadletter", "list", "copy").out.count(b"\n") <= 1
    assert machine.command("deadletter", "list", "hook").out.count(b"\n") == 5
    done = machine.command("deadletter", "list", "siem")
    assert (done.code, "no output siem has run with it; known here: copy, hook" in done.error) == (3, True)


def test_replay_delivers_what_is_taken_now_with_its_id(machine: Machine, hook: Receiver) -> None:
    dead, taken = machine.letters("hook"), len(hook.events)
    hook.refuses = frozenset()
    done = machine.command("deadletter", "replay", "hook")
    assert (done.code, done.error) == (0, "outputs.hook: 4 dead letters delivered, 0 rejected again, 0 not sent")
    assert hook.events[taken:] == dead
    assert letters_now(machine) == []
    again = machine.command("deadletter", "replay", "hook")
    assert (again.code, again.error) == (0, "outputs.hook: 0 dead letters delivered, 0 rejected again, 0 not sent")
    assert len(hook.events) == taken + 4


def test_what_is_rejected_again_stays_and_is_named(machine: Machine, hook: Receiver) -> None:
    hook.refuses = frozenset({7})
    done = machine.command("deadletter", "replay", "hook")
    assert done.code == 1
    (left,) = letters_now(machine)
    rejected, summary = done.err.splitlines()
    assert left["process"]["pid"] == 7
    assert f"outputs.hook: event {left['event']['id']} was rejected again: too large: HTTP 413" in rejected
    assert summary.endswith("outputs.hook: 3 dead letters delivered, 1 rejected again, 0 not sent")
    expect_all({*range(1, 21)} - {7}, hook.events, [], "hook")


def test_nothing_is_lost_if_the_receiver_is_away(machine: Machine, hook: Receiver) -> None:
    dead, taken = machine.letters("hook"), len(hook.events)
    hook.close()
    done = machine.command("deadletter", "replay", "hook")
    assert (done.code, len(hook.events)) == (1, taken)
    assert "0 dead letters delivered, 0 rejected again, 4 not sent: " in done.err
    assert letters_now(machine) == dead


def test_output_that_is_not_configured_has_nowhere_to_replay_to(machine: Machine) -> None:
    machine.configure()
    done = machine.command("deadletter", "replay", "hook")
    assert (done.code, "outputs.hook: is not in the configuration" in done.error) == (3, True)
    assert machine.command("deadletter", "list", "hook").out.count(b"\n") == 5


def test_replay_while_the_daemon_adds_others_loses_none(machine: Machine, hook: Receiver) -> None:
    with machine.run() as service:
        for begin in range(21, 201, 30):
            hook.refuses = frozenset(range(begin, begin + 30, 2))
            machine.append(begin, begin + 30)
            until(lambda at=begin: at in pids(letters_now(machine)), "the first rejections")  # type: ignore[misc]
            machine.command("deadletter", "replay", "hook")
        until(lambda: pids(hook.events) | pids(letters_now(machine)) == {*range(1, 201)}, "an end of each record")
        hook.refuses = frozenset()
        assert machine.command("deadletter", "replay", "hook").code == 0
        assert letters_now(machine) == []
        service.stop()
    expect_all({*range(1, 201)}, hook.events, [], "hook")
    expect_one_id_each(hook.events)
    assert len([event for event in hook.events if "process" in event]) == 200
