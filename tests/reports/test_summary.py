"""Sums by any key are those that a dictionary gives, record by record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from acctship.events.names import Names, no_name
from acctship.records import LAYOUTS, Layout, RecordBatch, command
from acctship.reports.keys import By, Label, key
from acctship.reports.summary import COUNTS, MOST_PERCENTILES, MOST_ROWS, TIMES, Rows, Summary
from tests import builders

NAMES = Names({0: "root", 1: "twin", 2: "twin"}.get, no_name)
ALL = (*TIMES, *COUNTS, "failed", "longest")


def summed(batches: list[RecordBatch], by: By = "command") -> Rows:
    summary = Summary(key(by, NAMES), ALL, percentiles=True)
    for records in batches:
        summary.add(records, "here")
    assert not summary.overflowed
    return summary.rows((50,))


def as_dict(rows: Rows) -> dict[Label, dict[str, float]]:
    found = {label: {name: sums[at] for name, sums in rows.sums.items()} for at, label in enumerate(rows.labels)}
    assert len(found) == len(rows)
    return found


def naive(batches: list[RecordBatch], label: Callable[[RecordBatch, int], Label]) -> dict[Label, dict[str, float]]:
    sums: dict[Label, dict[str, float]] = defaultdict(lambda: dict.fromkeys(("calls", *ALL), 0.0))
    for records, at in each(batches):
        row = sums[label(records, at)]
        status = int(records.wait_statuses()[at])
        real = int(records.elapsed_ticks()[at]) / 100
        row["calls"] += 1
        row["failed"] += bool(status & 0x7F or status >> 8 & 0xFF)
        row["real"] += real
        row["longest"] = max(row["longest"], real)
        row["user"] += int(records.user_ticks()[at]) / 100
        row["system"] += int(records.system_ticks()[at]) / 100
        row["memory"] += int(records.memory_kib()[at])
        row["io"] += int(records.transferred()[at]) / 100
        row["minor_faults"] += int(records.minor_faults()[at])
        row["major_faults"] += int(records.major_faults()[at])
        row["swaps"] += int(records.swaps()[at])
    return dict(sums)


def each(batches: list[RecordBatch]) -> Iterator[tuple[RecordBatch, int]]:
    return ((records, at) for records in batches for at in range(len(records)))


def by_command(records: RecordBatch, at: int) -> Label:
    return Label(command(records.comms()[at]), bool(records.flags()[at] & 1))


@pytest.mark.parametrize("order", builders.ORDERS)
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_sums_by_command_are_those_of_a_dictionary(order: builders.Order, data: st.DataObject) -> None:
    batches = [
        builders.batch(part, order)
        for part in data.draw(st.lists(st.lists(builders.records(order), min_size=1, max_size=20), max_size=3))
    ]
    found = as_dict(summed(batches))

    for row in found.values():
        del row["p50"]
    assert found == naive(batches, by_command)


@pytest.mark.parametrize("by", ["user", "group", "tty", "hour", "host"])
def test_sums_by_any_other_key_are_those_of_a_dictionary(by: By, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    label: dict[str, Callable[[RecordBatch, int], Label]] = {
        "user": lambda records, at: Label({0: b"root"}.get(uid := int(records.uids()[at]), b"%d" % uid)),
        "group": lambda records, at: Label(b"%d" % int(records.gids()[at])),
        "tty": lambda records, at: Label(
            {0: b"none", 0x8800: b"pts/0", 0x8803: b"pts/3", 0x0440: b"ttyS0"}[int(records.ttys()[at])]
        ),
        "hour": lambda records, at: Label(
            str(np.datetime64(int(records.end_seconds()[at]), "s"))[:13].replace("T", " ").encode() + b":00"
        ),
        "host": lambda _records, _at: Label(b"here"),
    }
    batches = [builders.batch(builders.random_records(3000, seed=seed)) for seed in (1, 2)]
    found = as_dict(summed(batches, by))

    for row in found.values():
        del row["p50"]
    assert found == naive(batches, label[by])


def test_users_of_one_name_share_a_row() -> None:
    rows = summed([builders.batch([builders.record(uid=uid) for uid in (1, 2, 2)])], "user")

    assert rows.labels == [Label(b"twin")]
    assert rows.sums["calls"].tolist() == [3]


def test_what_lies_behind_the_end_of_a_name_tells_no_rows_apart() -> None:
    rows = summed([builders.batch([builders.record(comm=comm) for comm in (b"sh", b"sh\0rubbish", b"sh\0other")])])

    assert rows.labels == [Label(b"sh")]


def test_clock_rates_of_files_that_differ_add_up() -> None:
    fast = builders.batch([builders.record(etime=2048.0, utime=1024)])
    fast = RecordBatch(fast.layout, fast.rows, fast.offsets, ahz=1024)
    rows = summed([fast, builders.batch([builders.record(etime=100.0, utime=50)])])

    assert (rows.sums["real"].tolist(), rows.sums["user"].tolist()) == ([3.0], [1.5])
    assert rows.sums["longest"].tolist() == [2.0]


def test_the_median_of_a_row_is_its_own() -> None:
    batch = builders.batch(
        [builders.record(comm=comm, etime=ticks) for comm, ticks in ((b"a", 1), (b"b", 9), (b"a", 3), (b"a", 20))]
    )
    rows = as_dict(summed([batch]))

    assert (rows[Label(b"a")]["p50"], rows[Label(b"b")]["p50"]) == (0.03, 0.09)


def test_more_names_than_rows_share_one_and_none_is_lost() -> None:
    count = MOST_ROWS + 500
    summary = Summary(key("command", NAMES), ALL, percentiles=True)
    summary.add(builders.batch(builders.record(comm=b"%d" % at, etime=7.0) for at in range(count)))
    rows = summary.rows((50,))

    assert summary.overflowed
    assert len(rows) == MOST_ROWS + 1
    assert as_dict(rows)[Label(b"***other")]["calls"] == 500
    assert rows.sums["calls"].sum() == count
    assert np.count_nonzero(rows.sums["p50"] == 0.07) == pytest.approx(MOST_PERCENTILES, abs=2)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_names_and_forks_are_told_apart_in_every_layout(layout: Layout) -> None:
    rows = np.zeros(6, layout.dtype)
    rows["comm"] = [b"fifteen--bytes!", b"sh", b"sh", b"fifteen--bytes?", b"sh", b""]
    rows["flag"] = [0, 0, 1, 0, 2, 0]
    if "ahz" in layout.fields:
        rows["ahz"] = 100
    found = summed([RecordBatch(layout, rows, np.arange(6))])

    counts = dict(zip(found.labels, found.sums["calls"].tolist(), strict=True))
    names = {Label(b"fifteen--bytes!"): 1, Label(b"fifteen--bytes?"): 1, Label(b"sh", forked=True): 1, Label(b""): 1}
    assert counts == {**names, Label(b"sh"): 2}
