"""A filter's mask beside an obvious look at each event, whatever the records and the conditions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given, strategies as st

from acctship.events.schema import Acct, Event, Process, Signal
from acctship.events.where import Conditions, Where
from tests.builders import ORDERS, Order, batch, commands, record, records
from tests.events.making import NAMES, make


def listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, tuple) else (value,)


def name_holds(wanted: Any, number: str, name: str | None, unknown: bool) -> bool:
    if number in map(str, listed(wanted)):
        return True
    texts = [one for one in map(str, listed(wanted)) if not re.fullmatch("[0-9]{1,10}", one)]
    if name is None:
        return unknown and bool(texts)
    return name in texts or name in [text.replace("\\", "\\\\") for text in texts]


def tty_holds(wanted: Any, acct: Acct, process: Process, unknown: bool) -> bool:
    if process.tty is None:
        return "none" in listed(wanted)
    globs = [one for one in listed(wanted) if one != "none"]
    return unknown and bool(globs) if acct.tty is None else any(fnmatchcase(acct.tty, glob) for glob in globs)


def signal_holds(wanted: Any, signal: Signal | None) -> bool:
    called = [] if signal is None else ["any", signal.number, str(signal.number), signal.name or "no name"]
    return any(one in called for one in listed(wanted))


def holds(entry: Conditions, event: Event, unknown: bool) -> bool:
    """Whether all conditions hold of an event, one after the other."""
    process, user, group, acct, duration = event.process, event.user, event.group, event.acct, event.event.duration
    assert process is not None
    assert user is not None
    assert group is not None
    assert acct is not None
    assert duration is not None
    parent = process.parent
    answers: dict[str, Callable[[Any], bool]] = {
        "user": lambda wanted: name_holds(wanted, user.id, user.name, unknown),
        "group": lambda wanted: name_holds(wanted, group.id, group.name, unknown),
        "command": lambda wanted: any(fnmatchcase(process.name, one) for one in listed(wanted)),
        "parent": lambda wanted: parent.pid in listed(wanted) if parent else unknown,
        "tty": lambda wanted: tty_holds(wanted, acct, process, unknown),
        "min_duration": lambda wanted: duration >= wanted * 1e9,
        "failed": lambda wanted: (event.event.outcome == "failure") == wanted,
        "signal": lambda wanted: signal_holds(wanted, acct.signal),
    }
    asked = {name: getattr(entry, name) for name in answers}
    return all(answers[name](wanted) for name, wanted in asked.items() if wanted is not None)


def or_list(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return one | st.lists(one, min_size=1, max_size=3).map(tuple)


IDS = or_list(st.sampled_from((0, 33, 1000, "0", "1000", "alice", "root", "staff", "nobody", "a\\b")))
GLOBS = st.sampled_from(("*", "s*", "?", "", "*\\\\*", "[!a-z]*", "*x0a*")) | st.text("[]!-*?ab^&~|\\", max_size=6)
ENTRIES = st.builds(
    Conditions,
    user=st.none() | IDS,
    group=st.none() | IDS,
    command=st.none() | or_list(GLOBS),
    parent=st.none() | or_list(st.integers(0, 2)),
    tty=st.none() | or_list(st.sampled_from(("none", "pts/*", "tty*", "*", "n*", "console"))),
    min_duration=st.none() | st.sampled_from((0.01, 1.0, 100.0, 1e9)),
    failed=st.none() | st.booleans(),
    signal=st.none() | or_list(st.sampled_from(("any", 9, "9", "SIGSEGV", "SIGTERM", 127))),
).filter(lambda entry: entry != Conditions())
LIKELY = st.builds(
    record,
    comm=commands() | st.sampled_from((b"sh", b"a", b"b\\")),
    uid=st.sampled_from((0, 33, 1000)),
    gid=st.sampled_from((0, 33, 1000)),
    ppid=st.integers(0, 2),
    tty=st.sampled_from((0, 0x8800, 0x0440, 0x0501, 0xFF01)),
    status=st.sampled_from((0, 256, 9, 0x8B, 0x80, 15)),
    etime=st.sampled_from((0.0, 1.0, 100.0, 1e6)),
)


@given(made=st.lists(LIKELY | records(), min_size=1, max_size=8), include=st.lists(ENTRIES, max_size=2), data=st.data())
def test_mask_is_what_an_obvious_look_at_each_event_gives(
    made: list[bytes], include: list[Conditions], data: st.DataObject
) -> None:
    exclude = data.draw(st.lists(ENTRIES, max_size=2))
    expected = [
        (not include or any(holds(entry, event, True) for entry in include))
        and not any(holds(entry, event, False) for entry in exclude)
        for event in make(made)
    ]
    assert Where(tuple(include), tuple(exclude)).mask(batch(made), NAMES).tolist() == expected


@pytest.mark.parametrize("order", ORDERS)
@given(data=st.data())
def test_either_byte_order_is_filtered_alike(order: Order, data: st.DataObject) -> None:
    made = data.draw(st.lists(records(order), min_size=1, max_size=4))
    entry = data.draw(ENTRIES)
    expected = [holds(entry, event, True) for event in make(made, order)]
    assert Where((entry,)).mask(batch(made, order), NAMES).tolist() == expected
