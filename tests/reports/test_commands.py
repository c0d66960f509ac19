"""What each command costs, even where an attacker makes up a name for each process."""

from __future__ import annotations

from acctship.reports.commands import CommandCost, Commands


def test_costliest_come_first_and_those_alike_by_name() -> None:
    commands = Commands()
    names = [b"cat", b"sh", b"sh", b"a", b"z"]
    commands.count(names)
    commands.measure(1, names, [b"x" * 9, b"x" * 19, b"x" * 29, b"x" * 9, b"x" * 9])

    assert commands.costliest(3, 0) == [CommandCost(b"sh", 2, 50), CommandCost(b"a", 1, 10), CommandCost(b"cat", 1, 10)]


def test_bytes_of_all_events_come_from_those_that_were_measured() -> None:
    commands = Commands()
    commands.count([b"sh"] * 10 + [b"rare"])
    commands.measure(4, [b"sh", b"sh"], [b"x" * 99, b"x" * 199])

    assert commands.costliest(9, 50.0) == [CommandCost(b"sh", 10, 1500), CommandCost(b"rare", 1, 50)]


def test_names_without_end_keep_the_frequent_ones_in_bounded_memory() -> None:
    commands = Commands(most=100)
    for at in range(0, 10_000, 10):
        names = [b"sh", b"sh", *(b"%d" % (at + each) for each in range(10))]
        commands.count(names)
        commands.measure(1, names, [b"x" * 9] * len(names))

    assert commands.costliest(1, 0) == [CommandCost(b"sh", 2000, 20_000)]
    kept = commands.costliest(1000, 0)
    assert len(kept) <= 100
    assert sum(cost.events for cost in kept) + commands.forgotten == 12_000
    assert len(commands._bytes) <= 200
