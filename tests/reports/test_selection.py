"""Which records are chosen: words, names, and what must hold besides. GNU's own rule is compared in tests/gnu."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from acctship.records import LAYOUTS, RecordBatch
from acctship.reports.selection import ANY_SIGNAL, Extras, gathered, selection
from tests.builders import BTIME, ORDERS, Order, batch, commands, record

KILLED = record(pid=1, status=9, uid=33, etime=150.0)
FAILED = record(pid=2, status=1 << 8, uid=0, ppid=7, etime=99.0)
DUMPED = record(pid=3, status=0x80 | 11, uid=33, ppid=7)
DONE = record(pid=4, uid=1000, etime=1e6)
ALL = (KILLED, FAILED, DUMPED, DONE)


def chosen(select: Callable[[RecordBatch], RecordBatch]) -> list[int]:
    pids = select(batch(ALL)).pids()
    assert pids is not None
    return [int(pid) for pid in pids]


@pytest.mark.parametrize(
    ("extras", "pids"),
    [
        ({}, [1, 2, 3, 4]),
        ({"failed": True}, [1, 2, 3]),
        ({"signal": ANY_SIGNAL}, [1, 3]),
        ({"signal": 9}, [1]),
        ({"signal": 11}, [3]),
        ({"signal": 1}, []),
        ({"uids": [0]}, [2]),
        ({"uids": [0, 33]}, [1, 2, 3]),
        ({"parent_pids": [7]}, [2, 3]),
        ({"parent_pids": [1, 7], "failed": True}, [1, 2, 3]),
        ({"parent_pids": [7], "signal": ANY_SIGNAL}, [3]),
        ({"min_duration_ns": 1_500_000_000}, [1, 4]),
        ({"min_duration_ns": 1_500_000_001}, [4]),
        ({"since": BTIME + 1}, [1, 4]),
        ({"since": BTIME + 0.5, "until": BTIME + 2}, [1]),
        ({"until": BTIME + 1}, [2, 3]),
        ({"since": BTIME + 10_000}, [4]),
        ({"since": BTIME + 10_001}, []),
    ],
)
def test_extras_must_all_hold(extras: dict[str, Any], pids: list[int]) -> None:
    assert chosen(selection(extras=Extras(**extras))) == pids


def test_extras_hold_besides_the_words() -> None:
    assert chosen(selection(["true"], extras=Extras(signal=9))) == [1]
    assert chosen(selection(["absent"], extras=Extras(signal=9))) == []
    assert chosen(selection(["root"], commands=["true"], strict=True, extras=Extras(failed=True))) == [2]


@pytest.mark.parametrize("order", ORDERS)
@given(names=st.lists(commands(), min_size=1), data=st.data())
def test_command_is_found_by_its_bytes_whatever_they_are(order: Order, names: list[bytes], data: st.DataObject) -> None:
    wanted = data.draw(st.sampled_from(names))
    made = batch([record(order=order, comm=name, uid=7) for name in names], order)
    found = selection(commands=[wanted.decode("utf-8", "surrogateescape")])(made)

    assert {comm.partition(b"\0")[0] for comm in found.comms()} >= {wanted}
    assert len(found) >= names.count(wanted)
    if b"\\" not in wanted:
        assert len(found) == names.count(wanted)


def test_command_is_found_as_a_row_spells_it() -> None:
    select = selection(commands=[r"x\x0a\x20\\"])

    assert select(batch([record(comm=b"x\n \\"), record(comm=b"x")])).comms() == [b"x\n \\"]


@pytest.mark.parametrize("name", [b"e", b"eight---", b"nine-----", b"fifteen--bytes!"])
def test_longer_and_shorter_names_do_not_match(name: bytes) -> None:
    select = selection(commands=[name.decode()])
    others = [name + b"x", name[:-1], name + b"\0x", name.upper(), b""]
    found = select(batch([record(comm=one[:15]) for one in others if one[:15] != name]))

    assert [comm.partition(b"\0")[0] for comm in found.comms()] == ([name] if len(name) < 14 else [])
    assert len(select(batch([record(comm=name)]))) == 1


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_can_be_chosen_from(name: str) -> None:
    rows = np.zeros(3, LAYOUTS[name].dtype)
    rows["comm"], rows["uid"], rows["tty"] = [b"long-name-of-15", b"sh", b"shell"], [0, 1, 1], [0, 0x8803, 0x8804]
    made = RecordBatch(LAYOUTS[name], rows, np.arange(3) * LAYOUTS[name].size)

    assert selection(["long-name-of-15"])(made).offsets.tolist() == [0]
    assert selection(["sh", "pts/4"])(made).offsets.tolist() == made.offsets[1:].tolist()
    assert selection(["root"])(made).offsets.tolist() == [0]
    has_parents = made.parent_pids() is not None
    assert len(selection(extras=Extras(parent_pids=[0]))(made)) == (3 if has_parents else 0)


def test_descending_rows_can_be_chosen_from() -> None:
    made = batch(ALL).take(slice(None, None, -1))

    assert selection(["true"], extras=Extras(failed=True))(made).offsets.tolist() == [128, 64, 0]


def test_gathered_gives_the_first_at_once_and_loses_none() -> None:
    given: list[int] = []

    def batches() -> Any:
        for at in range(100):
            given.append(at)
            yield batch([record(pid=at)] * (at % 3))

    sizes: list[int] = []
    pids: list[int] = []
    for one in gathered(batches(), 8):
        if not sizes:
            assert given == [0, 1]
        sizes.append(len(one))
        pids += one.pids().tolist()  # type: ignore[union-attr]

    assert pids == [at for at in range(100) for _ in range(at % 3)]
    assert max(sizes) <= 9
    assert len(sizes) < 20
