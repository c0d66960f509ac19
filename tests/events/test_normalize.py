"""How a record becomes an event: each field of hand-built records, and any record against a plain second decoder."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, strategies as st

from acctship.events.batch import EventBatch
from acctship.events.escape import unescape
from acctship.events.names import Names, no_name
from acctship.events.normalize import Normalizer
from acctship.events.source import Source
from tests.builders import BTIME, ORDERS, SIZE, Order, batch, comp_t, random_records, record, records
from tests.events.making import FOREIGN, HERE, NAMES, SOURCE, comparable, expected, make, one
from tests.schema import assert_valid_event


@pytest.mark.parametrize("order", ORDERS)
def test_every_field_of_an_ordinary_record(order: Order) -> None:
    whose: dict[str, Any] = {"order": order, "uid": 1000, "gid": 0, "pid": 4321, "ppid": 77, "comm": b"make"}
    ending: dict[str, Any] = {"flag": 2, "tty": 0x8803, "status": 3 << 8, "btime": BTIME, "etime": 250.0}
    counts: dict[str, Any] = {"utime": comp_t(150), "stime": 7, "mem": comp_t(16_384), "minflt": 300, "majflt": 2}
    event = one(**whose, **ending, **counts)
    identity = event["event"].pop("id")
    segment = event["acct"].pop("segment")
    assert identity.startswith(f"{segment}-0-")
    assert event.pop("agent").keys() == {"type", "version"}
    assert event == {
        "@timestamp": "2023-11-14T22:13:22Z",
        "ecs": {"version": "9.0.0"},
        "event": {
            "kind": "event",
            "category": ["process"],
            "type": ["end"],
            "action": "process-ended",
            "dataset": "acct.process",
            "module": "acct",
            "sequence": 0,
            "duration": 2_500_000_000,
            "outcome": "failure",
            "start": "2023-11-14T22:13:19.500Z",
            "end": "2023-11-14T22:13:22Z",
        },
        "process": {
            "name": "make",
            "pid": 4321,
            "parent": {"pid": 77},
            "exit_code": 3,
            "start": "2023-11-14T22:13:19.500Z",
            "end": "2023-11-14T22:13:22Z",
            "tty": {"char_device": {"major": 136, "minor": 3}},
        },
        "user": {"id": "1000", "name": "alice"},
        "group": {"id": "0", "name": "root"},
        "related": {"user": ["alice"]},
        "host": {"name": "web1", "id": HERE.id, "boot": {"id": HERE.boot_id}},
        "acct": {
            "offset": 0,
            "layout": "linux-v3-le" if order == "<" else "linux-v3-be",
            "tty": "pts/3",
            "cpu": {"user": 1_500_000_000, "system": 70_000_000},
            "memory": 16_777_216,
            "faults": {"minor": 300, "major": 2},
            "flags": ["su"],
        },
        "log": {"file": {"path": "/var/log/account/pacct"}},
        "labels": {"site": "lab"},
        "tags": ["acct", "audit"],
    }


@given(st.sampled_from(ORDERS).flatmap(lambda o: st.tuples(st.just(o), st.lists(records(o), min_size=1, max_size=8))))
def test_any_records_give_what_a_plain_decoder_gives(case: tuple[Order, list[bytes]]) -> None:
    order, raws = case
    lines = make(raws, order).json()
    assert len(lines) == len(raws)
    for at, (raw, line) in enumerate(zip(raws, lines, strict=True)):
        event = assert_valid_event(line)
        assert comparable(line) == expected(raw, at * SIZE, raws[0], order)
        assert event.process is not None
        assert unescape(event.process.name) == raw[48:].split(b"\0")[0]


@given(raws=st.lists(records(), min_size=2, max_size=8), data=st.data())
def test_neighbours_do_not_change_an_event(raws: list[bytes], data: st.DataObject) -> None:
    # Records that share most of what a template holds, in any order, several times.
    mixed = [raws[at] for at in data.draw(st.lists(st.integers(0, len(raws) - 1), min_size=1, max_size=20))]
    together = make(mixed).json()
    for at, raw in enumerate(mixed):
        alone = Normalizer(SOURCE, NAMES)
        alone.events(batch(mixed[:1]))  # which names the segment
        assert alone.events(batch([raw], offset=at * SIZE)).json() == [together[at]]


@pytest.mark.parametrize("field", ["flag", "tty", "status", "uid", "gid"])
def test_records_that_differ_in_one_field_do_not_share_it(field: str) -> None:
    fields: list[dict[str, Any]] = [{field: 1}, {field: 2}, {field: 1}]
    raws = [record(**one_field) for one_field in fields]
    for at, line in enumerate(make(raws).json()):
        assert comparable(line) == expected(raws[at], at * SIZE, raws[0])


def test_more_combinations_than_are_remembered() -> None:
    raws = [record(uid=at, comm=b"c%d" % at) for at in range(9000)]
    events = [json.loads(line) for line in make(raws).json()]
    assert [event["user"]["id"] for event in events] == [f"{at}" for at in range(9000)]
    assert [event["process"]["name"] for event in events] == [f"c{at}" for at in range(9000)]


@pytest.mark.parametrize(
    ("etime", "start"),
    [
        (0, "2023-11-14T22:13:20.000Z"),
        (1, "2023-11-14T22:13:19.990Z"),
        (99, "2023-11-14T22:13:19.010Z"),
        (100, "2023-11-14T22:13:20.000Z"),
        (101, "2023-11-14T22:13:19.990Z"),
        (8_640_050, "2023-11-14T22:13:19.500Z"),
    ],
)
def test_the_start_is_the_end_less_the_elapsed_time(etime: int, start: str) -> None:
    event = one(etime=float(etime))
    assert event["process"]["start"] == event["event"]["start"] == start
    assert event["event"]["duration"] == etime * 10_000_000


@pytest.mark.parametrize(
    ("status", "flag", "code", "signal", "outcome"),
    [
        (0, 0, 0, None, "success"),
        (1 << 8, 0, 1, None, "failure"),
        (255 << 8, 0, 255, None, "failure"),
        (9, 16, None, {"number": 9, "name": "SIGKILL"}, "failure"),
        (0x80 | 11, 24, None, {"number": 11, "name": "SIGSEGV"}, "failure"),
        (35, 16, None, {"number": 35, "name": "SIGRTMIN+1"}, "failure"),
        (33, 16, None, {"number": 33}, "failure"),
    ],
)
def test_how_it_ended(status: int, flag: int, code: int | None, signal: dict[str, Any] | None, outcome: str) -> None:
    event = one(status=status, flag=flag)
    assert event["process"].get("exit_code") == code
    assert event["acct"].get("signal") == signal
    assert event["event"]["outcome"] == outcome
    assert ("core" in event["acct"]["flags"]) is (flag == 24)


@pytest.mark.parametrize(
    ("tty", "name", "device"),
    [
        (0x8800, "pts/0", (136, 0)),
        (0x8800 + 300, "pts/300", (136, 300)),
        (0x0440, "ttyS0", (4, 64)),
        (0x0501, "console", (5, 1)),
        (0xFE07, None, (254, 7)),
    ],
)
def test_the_terminal(tty: int, name: str | None, device: tuple[int, int]) -> None:
    event = one(tty=tty)
    assert event["acct"].get("tty") == name
    assert event["process"]["tty"]["char_device"] == {"major": device[0], "minor": device[1]}


def test_no_terminal() -> None:
    event = one(tty=0)
    assert "tty" not in event["acct"]
    assert "tty" not in event["process"]


def test_the_boot_is_named_only_for_what_ended_in_it() -> None:
    raws = [record(btime=BTIME + at, etime=150.0) for at in (-2, -1, 0)]
    boots = [json.loads(line)["host"].get("boot") for line in make(raws).json()]
    assert boots == [None, {"id": HERE.boot_id}, {"id": HERE.boot_id}]
    for machine in (replace(HERE, boot_time=None), replace(HERE, boot_id=None)):
        assert "boot" not in one(source=replace(SOURCE, machine=machine))["host"]


def test_what_is_not_known_is_absent() -> None:
    event = one(source=FOREIGN, names=Names(no_name, no_name))
    assert not event.keys() & {"host", "log", "labels", "tags", "related"}
    assert event["user"] == {"id": "1000"}
    assert event["group"] == {"id": "1000"}


def test_a_path_alone_changes_only_itself() -> None:
    here, there = one(source=SOURCE), one(source=replace(SOURCE, path="/mnt/copy"))
    assert there.pop("log") == {"file": {"path": "/mnt/copy"}}
    assert here.pop("log") != {}
    assert here == there


def test_no_records_no_events() -> None:
    normalizer = Normalizer(SOURCE, NAMES)
    assert list(normalizer.events(batch([]))) == []
    raws = random_records(2)
    assert normalizer.events(batch(raws)).json() == make(raws).json()


def test_times_come_with_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    events = make([record(btime=BTIME), record(btime=BTIME + 5, etime=300.0)])
    again = EventBatch(list(events))
    monkeypatch.setattr(EventBatch, "__getitem__", None)
    assert events.times_ns == [BTIME * 10**9, (BTIME + 8) * 10**9]
    assert again.times_ns == events.times_ns


def test_a_source_is_described_once() -> None:
    assert Source("x") == Source("x", path=None, labels={}, tags=())
