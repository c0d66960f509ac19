"""Which records a filter wants: each condition, how they go together, and what counts where something is unknown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from acctship.events import where
from acctship.events.escape import escape
from acctship.events.memory import Memory
from acctship.events.names import Names, no_name
from acctship.events.signals import signal_name
from acctship.events.where import Conditions, Where
from acctship.records import LAYOUTS, RecordBatch
from tests.builders import HOSTILE_COMMANDS, batch, record
from tests.events.making import NAMES

NAMELESS = Names(no_name, no_name)

RECORDS = (
    record(pid=1, comm=b"sh", uid=0, gid=0, status=9, tty=0x8803, ppid=7, etime=150.0),
    record(pid=2, comm=b"bash", uid=1000, gid=1000, status=1 << 8, etime=99.0),
    record(pid=3, comm=b"SH", uid=1000, gid=0, status=0x80 | 11, tty=0x0440, ppid=7),
    record(pid=4, comm=b"cat", uid=33, gid=33, ppid=0, tty=0xFF01, etime=1e6),
)
"""alice is 1000, root is 0, staff is group 1000; 33 has no name, nor has the terminal of the last."""


def pids(wanted: Where, names: Names = NAMES) -> list[int]:
    made = batch(RECORDS)
    all_pids = made.pids()
    assert all_pids is not None
    found: list[int] = all_pids[wanted.mask(made, names)].tolist()
    return found


@pytest.mark.parametrize(
    ("conditions", "included", "excluded"),
    [
        ({"user": "root"}, [1, 4], [1]),
        ({"user": 0}, [1], [1]),
        ({"user": "0"}, [1], [1]),
        ({"user": 33}, [4], [4]),
        ({"user": ("alice", "root")}, [1, 2, 3, 4], [1, 2, 3]),
        ({"user": ("alice", 33)}, [2, 3, 4], [2, 3, 4]),
        ({"user": ("1000", 0)}, [1, 2, 3], [1, 2, 3]),
        ({"user": "Root"}, [4], []),
        ({"user": "99999999999"}, [4], []),
        ({"group": "staff"}, [2, 4], [2]),
        ({"group": (0, "staff")}, [1, 2, 3, 4], [1, 2, 3]),
        ({"group": 33}, [4], [4]),
        ({"command": "sh"}, [1], [1]),
        ({"command": "*sh"}, [1, 2], [1, 2]),
        ({"command": "[sS][hH]"}, [1, 3], [1, 3]),
        ({"command": ("SH", "c?t")}, [3, 4], [3, 4]),
        ({"command": "*"}, [1, 2, 3, 4], [1, 2, 3, 4]),
        ({"command": ""}, [], []),
        ({"parent": 7}, [1, 3], [1, 3]),
        ({"parent": (0, 1)}, [2, 4], [2, 4]),
        ({"tty": "pts/*"}, [1, 4], [1]),
        ({"tty": "none"}, [2], [2]),
        ({"tty": ("none", "ttyS0")}, [2, 3, 4], [2, 3]),
        ({"tty": "*"}, [1, 3, 4], [1, 3]),
        ({"min_duration": 1.5}, [1, 4], [1, 4]),
        ({"min_duration": 1.51}, [4], [4]),
        ({"min_duration": 0.99}, [1, 2, 4], [1, 2, 4]),
        ({"failed": True}, [1, 2, 3], [1, 2, 3]),
        ({"failed": False}, [4], [4]),
        ({"signal": 9}, [1], [1]),
        ({"signal": "SIGSEGV"}, [3], [3]),
        ({"signal": ("TERM", "kill", 11)}, [1, 3], [1, 3]),
        ({"signal": "any"}, [1, 3], [1, 3]),
        ({"signal": ("any", 9)}, [1, 3], [1, 3]),
        ({"user": "alice", "failed": True}, [2, 3], [2, 3]),
        ({"user": "alice", "group": "root"}, [3, 4], [3]),
        ({"user": "root", "command": "cat"}, [4], []),
        ({"parent": 7, "signal": "any", "tty": "ttyS*", "min_duration": 1e-9}, [], []),
    ],
)
def test_condition(conditions: dict[str, Any], included: list[int], excluded: list[int]) -> None:
    entry = Conditions(**conditions)
    assert pids(Where(include=(entry,))) == included
    assert pids(Where(exclude=(entry,))) == [pid for pid in (1, 2, 3, 4) if pid not in excluded]


def test_every_condition_is_tested_above() -> None:
    (marks,) = test_condition.pytestmark
    assert {name for case in marks.args[1] for name in case[0]} == set(Conditions.__struct_fields__)


def test_any_entry_includes_and_any_entry_excludes() -> None:
    shell, killed, alice = Conditions(command="sh"), Conditions(signal="any"), Conditions(user=1000)
    assert pids(Where()) == [1, 2, 3, 4]
    assert pids(Where(include=(shell, alice))) == [1, 2, 3]
    assert pids(Where(exclude=(shell, alice))) == [4]
    assert pids(Where(include=(shell, alice), exclude=(killed,))) == [2]
    assert pids(Where(include=(alice,), exclude=(shell, alice))) == []


def test_names_that_are_not_known_ship_a_record() -> None:
    alice = Conditions(user="alice")
    assert pids(Where(include=(alice,)), NAMELESS) == [1, 2, 3, 4]
    assert pids(Where(exclude=(alice,)), NAMELESS) == [1, 2, 3, 4]
    assert pids(Where(include=(alice,), exclude=(Conditions(group=("root", 33)),)), NAMELESS) == [1, 2, 3]
    assert pids(Where(include=(Conditions(user="alice", command="sh"),)), NAMELESS) == [1]


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_can_be_filtered_and_one_without_parents_ships(name: str) -> None:
    rows = np.zeros(3, LAYOUTS[name].dtype)
    rows["comm"], rows["uid"], rows["tty"] = [b"long-name-of-15", b"sh", b"shell"], [0, 1000, 1000], [0, 0x8803, 0]
    rows["exitcode"], rows["gid"] = [0, 9, 256], [0, 1000, 33]
    if "ahz" in LAYOUTS[name].fields:
        rows["ahz"] = 100
    made = RecordBatch(LAYOUTS[name], rows, np.arange(3) * LAYOUTS[name].size)

    def chosen(**conditions: Any) -> list[bool]:
        mask: list[bool] = Where(include=(Conditions(**conditions),)).mask(made, NAMES).tolist()
        return mask

    assert chosen(command="long-name-of-15") == [True, False, False]
    assert chosen(user="alice", tty="pts/3") == [False, True, False]
    assert chosen(user=70_000) == [False, False, False]
    assert chosen(group="staff") == [False, True, True]
    assert chosen(signal="SIGKILL") == [False, True, False]
    assert chosen(failed=True) == [False, True, True]
    assert chosen(min_duration=0.01) == [False, False, False]
    has_parents = made.parent_pids() is not None
    assert chosen(parent=7) == [not has_parents] * 3
    assert Where(exclude=(Conditions(parent=7),)).mask(made, NAMES).all()


def test_names_are_asked_for_once_for_each_number_and_only_where_that_matters() -> None:
    asked: list[int] = []

    def user(uid: int) -> str:
        asked.append(uid)
        return "x"

    names = Names(user, no_name)
    made = batch([record(uid=uid) for uid in (5, 6, 5, 7, 6)])
    Where((Conditions(user=("x", 7)), Conditions(user="y")), (Conditions(user="z"),)).mask(made, names)
    assert sorted(asked) == [5, 6, 7]
    asked.clear()
    Where((Conditions(user=(5, "6")),)).mask(made, names)
    assert asked == []


@pytest.mark.parametrize("name", HOSTILE_COMMANDS)
def test_hostile_name_is_found_as_events_show_it(name: bytes) -> None:
    pattern = "".join(f"[{char}]" if char in "*?[" else char for char in escape(name))
    mask = Where((Conditions(command=pattern),)).mask(batch([record(comm=b"other"), record(comm=name)]), NAMES)
    assert mask.tolist() == [False, True]


def test_domain_of_a_user_is_written_with_its_backslash_as_it_is_or_as_events_show_it() -> None:
    names = Names(lambda _uid: escape(b"CORP\\alice"), no_name)
    for spelling in ("CORP\\alice", "CORP\\\\alice"):
        assert Where((Conditions(user=spelling),)).mask(batch([record()]), names).tolist() == [True]
    assert Where((Conditions(user="alice"),)).mask(batch([record()]), names).tolist() == [False]


def test_memory_of_commands_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Memory[bytes, bool]] = []

    def small(make: Any) -> Memory[bytes, bool]:
        made.append(Memory(make, most=10))
        return made[-1]

    monkeypatch.setattr(where, "Memory", small)
    wanted = Where((Conditions(command="*7"),))
    mask = wanted.mask(batch([record(comm=b"%d" % number) for number in range(1000)]), NAMES)
    assert np.flatnonzero(mask).tolist() == list(range(7, 1000, 10))
    assert [0 < len(memory) <= 10 for memory in made] == [True]


def test_batch_without_records() -> None:
    assert Where((Conditions(command="x", user="y", tty="z", signal=9),)).mask(batch([]), NAMES).tolist() == []


def test_filters_that_say_the_same_are_equal() -> None:
    assert Where((Conditions(user="a"),)) == Where((Conditions(user="a"),)) != Where((), (Conditions(user="a"),))


def test_every_signal_is_found_by_its_number_and_by_its_name() -> None:
    made = batch([record(status=number) for number in range(1, 128)])
    for number in range(1, 128):
        for called in (number, signal_name(number) or str(number)):
            mask = Where((Conditions(signal=called),)).mask(made, NAMES)
            assert np.flatnonzero(mask).tolist() == [number - 1]
