"""A run over files: every output gets every event, whatever happens to the others. The outputs stand in for faults."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import pytest

from acctship import EventBatch, HaltError, InputError, PluginError, SendResult
from acctship.delivery.once import Reports, Result, ship
from acctship.deployed import Deployed
from acctship.events.names import Names, no_name
from acctship.events.source import Source
from acctship.events.where import Conditions, Where
from acctship.records import Hole
from tests.builders import record
from tests.delivery.standins import Scripted, deploy

SOURCE = Source("a test")


class Told:
    """Keeps what a run reports."""

    def __init__(self) -> None:
        self.unreadable: list[str] = []
        self.holes: list[tuple[str, Hole]] = []
        self.rejected: list[tuple[str, str, str]] = []
        self.positions: list[int] = []
        self.reports = Reports(
            unreadable=lambda error: self.unreadable.append(str(error)),
            hole=lambda name, hole: self.holes.append((name, hole)),
            rejected=lambda output, event, why: self.rejected.append((output, event, why)),
            progress=lambda reader: self.positions.append(reader.position),
        )


def pacct(folder: Path, count: int, name: str = "pacct", rest: bytes = b"", first: int = 1) -> str:
    path = folder / name
    path.write_bytes(b"".join(record(pid=first + index) for index in range(count)) + rest)
    return str(path)


def run(paths: Iterable[str], *outputs: Deployed) -> tuple[Result, Told]:
    told = Told()
    return ship([(path, SOURCE) for path in paths], Names(no_name, no_name), outputs, told.reports), told


def test_every_output_gets_every_event_of_every_file(tmp_path: Path) -> None:
    one, two = Scripted(), Scripted()
    paths = [pacct(tmp_path, 3000, "a"), pacct(tmp_path, 5, "b", first=7)]
    result, told = run(paths, deploy(lambda: one, name="one"), deploy(lambda: two, name="two", batch_events=100))
    assert result.records == 3005
    assert {name: tally.delivered for name, tally in result.tallies.items()} == {"one": 3005, "two": 3005}
    assert list(chain(*one.sent)) == list(chain(*two.sent))
    assert len(set(chain(*one.sent))) == 3005
    assert max(two.sizes) == 100
    assert told.positions[-2:] == [3000 * 64, 5 * 64]
    assert (told.unreadable, told.holes, told.rejected) == ([], [], [])


def test_output_that_halts_does_not_stop_another(tmp_path: Path) -> None:
    good, bad = Scripted(), Scripted(HaltError("token revoked"))
    result, _ = run([pacct(tmp_path, 5000)], deploy(lambda: bad, name="bad"), deploy(lambda: good, name="good"))
    assert (result.tallies["good"].delivered, result.tallies["good"].complete) == (5000, True)
    assert (result.tallies["bad"].delivered, result.tallies["bad"].undelivered) == (0, 5000)


def test_output_that_hangs_does_not_stop_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda _low, _high: 0.0)
    over = threading.Event()

    class Hanging(Scripted):
        def send(self, batch: EventBatch, /) -> SendResult:
            over.wait()
            return super().send(batch)

    good = Scripted()
    result, _ = run(
        [pacct(tmp_path, 9000)], deploy(Hanging, name="bad", timeout=0.05), deploy(lambda: good, name="good")
    )
    over.set()
    assert result.tallies["good"].delivered == 9000
    assert (result.tallies["bad"].undelivered, result.tallies["bad"].delivered) == (9000, 0)


def test_reading_stops_when_no_output_is_left(tmp_path: Path) -> None:
    bad = Scripted(HaltError("token revoked"))
    result, told = run([pacct(tmp_path, 50_000)], deploy(lambda: bad, name="bad"))
    assert result.records < 50_000
    assert result.tallies["bad"].undelivered == result.records
    assert result.unreadable == 1
    (line,) = told.unreadable
    assert line.endswith(f"pacct: not read beyond offset {result.records * 64}: no output is left")


def test_each_output_leaves_out_its_own_fields(tmp_path: Path) -> None:
    seen: dict[str, EventBatch] = {}

    def keep(name: str) -> Scripted:
        def step(batch: EventBatch) -> SendResult:
            seen[name] = batch
            return SendResult()

        return Scripted(step)

    slim, full = keep("slim"), keep("full")
    omit = frozenset({"acct.cpu", "event.start"})
    run([pacct(tmp_path, 1)], deploy(lambda: slim, name="slim", omit=omit), deploy(lambda: full, name="full"))
    (one,), (other,) = seen["slim"], seen["full"]
    assert one.acct is not None
    assert other.acct is not None
    assert (one.acct.cpu, one.event.start) == (None, None)
    assert other.acct.cpu is not None
    assert other.event.start is not None
    assert one.event.id == other.event.id


def test_each_output_gets_what_it_wants_and_the_others_are_counted(tmp_path: Path) -> None:
    all_, some, none = Scripted(), Scripted(), Scripted()
    few = Where((Conditions(parent=1, command="true"),), (Conditions(user=7), Conditions(command="t*", parent=2)))
    path = tmp_path / "pacct"
    path.write_bytes(b"".join(record(pid=1 + at, ppid=1 + at % 3) for at in range(3000)))
    result, _ = run(
        [str(path)],
        deploy(lambda: all_, name="all"),
        deploy(lambda: some, name="some", where=few, omit=frozenset({"acct.cpu"})),
        deploy(lambda: none, name="none", where=Where((Conditions(command="x"),))),
    )
    whole = list(chain(*all_.sent))
    assert list(chain(*some.sent)) == whole[::3]
    assert none.sent == []
    assert dict(result.filtered) == {"some": 2000, "none": 3000}
    assert {name: tally.delivered for name, tally in result.tallies.items()} == {"all": 3000, "some": 1000, "none": 0}
    assert all(tally.complete for tally in result.tallies.values())


def test_what_an_output_does_not_want_is_not_counted_as_undelivered(tmp_path: Path) -> None:
    bad = Scripted(HaltError("token revoked"))
    path = pacct(tmp_path, 30)
    result, _ = run([path], deploy(lambda: bad, where=Where((Conditions(command="true", parent=1),)), name="bad"))
    assert (result.tallies["bad"].undelivered, result.filtered["bad"]) == (30, 0)
    bad = Scripted(HaltError("token revoked"))
    result, _ = run([path, pacct(tmp_path, 2, "b")], deploy(lambda: bad, where=Where((), (Conditions(parent=1),))))
    assert (result.tallies["standin"].undelivered, result.filtered["standin"]) == (0, 32)


def test_file_that_cannot_be_read_is_reported_and_the_others_are_shipped(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no accounting file\n" * 9)
    paths = [pacct(tmp_path, 2, "a"), str(tmp_path / "missing"), str(text), pacct(tmp_path, 3, "b")]
    output = Scripted()
    result, told = run(paths, deploy(lambda: output))
    assert (result.records, result.unreadable) == (5, 2)
    assert result.tallies["standin"].delivered == 5
    assert "no such file" in told.unreadable[0]
    assert "looks like text" in told.unreadable[1]


def test_torn_record_at_the_end_is_reported_as_skipped(tmp_path: Path) -> None:
    output = Scripted()
    result, told = run([pacct(tmp_path, 2, rest=record()[:40])], deploy(lambda: output))
    assert (result.records, result.holes, result.unreadable) == (2, 1, 0)
    ((_, hole),) = told.holes
    assert (hole.offset, hole.length) == (128, 40)


def test_damage_is_told_and_what_is_around_it_is_shipped(tmp_path: Path) -> None:
    output = Scripted()
    rest = b"\xff" * 640 + record(pid=900) + record(pid=901)
    result, told = run([pacct(tmp_path, 20, rest=rest)], deploy(lambda: output))
    assert result.tallies["standin"].delivered == result.records == 22
    assert [(hole.offset, hole.length) for _, hole in told.holes] == [(1280, 640)]
    assert (result.holes, result.unreadable) == (1, 0)


def test_rejections_name_output_event_and_reason(tmp_path: Path) -> None:
    output = Scripted(SendResult(rejected={1: "too old"}))
    result, told = run([pacct(tmp_path, 2)], deploy(lambda: output, name="siem"))
    assert told.rejected == [("siem", output.sent[0][1], "too old")]
    assert result.tallies["siem"].rejected == 1


def test_output_that_cannot_be_built_ends_the_run_before_anything_is_sent(tmp_path: Path) -> None:
    good = Scripted()

    def cannot() -> object:
        raise InputError("stands for whatever the host lets through")

    with pytest.raises(PluginError, match="bad"):
        run([pacct(tmp_path, 2)], deploy(lambda: good), deploy(cannot, name="bad"))
    assert (good.opened, good.sent) == (0, [])
