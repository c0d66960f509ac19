"""Asking a database that may be slow, wrong, or away: never waiting for long, never asking too often."""

from __future__ import annotations

import grp
import pwd
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from acctship.errors import InputError
from acctship.events.names import KEEP, KEEP_MISSING, Lookup, TimedLookup, file_lookup, no_name, system_names

PATIENCE = 30.0
"""Seconds after which a test that would hang fails instead."""


class Database:
    """Names by number that answers only while its gate is open, and remembers what it was asked."""

    def __init__(self, **names: str) -> None:
        self.names = {int(key[1:]): name for key, name in names.items()}
        self.asked: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.now = 0.0
        self._reached = {number: threading.Event() for number in range(100)}

    def ask(self, number: int) -> str:
        self.asked.append(number)
        self._reached[number].set()
        assert self.gate.wait(PATIENCE)
        return self.names[number]

    def lookup(self, wait: float = PATIENCE) -> TimedLookup:
        return TimedLookup(self.ask, wait=wait, clock=lambda: self.now)

    def wait_until_asked(self, number: int) -> None:
        """Questions are answered one after the other: what was asked before has its answer then."""
        assert self._reached[number].wait(PATIENCE)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """How long each call was ready to wait."""
    seen: list[float | None] = []
    wait_for = threading.Condition.wait_for

    def noted(self: threading.Condition, predicate: Callable[[], bool], timeout: float | None = None) -> bool:
        seen.append(timeout)
        return wait_for(self, predicate, timeout)

    monkeypatch.setattr(threading.Condition, "wait_for", noted)
    return seen


def test_a_name_is_asked_for_once() -> None:
    database = Database(n1="alice", n2="bob")
    lookup = database.lookup()
    assert [lookup(1), lookup(2), lookup(1), lookup(2)] == ["alice", "bob", "alice", "bob"]
    assert database.asked == [1, 2]


def test_that_there_is_none_is_remembered_for_a_shorter_time() -> None:
    database = Database(n1="alice", n2="bob")
    lookup = database.lookup()
    assert [lookup(5), lookup(5), lookup(1)] == [None, None, "alice"]
    assert database.asked == [5, 1]
    database.now = KEEP_MISSING
    database.names[5] = "games"
    lookup(5)
    assert lookup(2) == "bob"  # asked after 5, so 5 has its answer now
    assert [lookup(5), lookup(1)] == ["games", "alice"]
    assert database.asked == [5, 1, 5, 2]


def test_an_old_name_serves_until_the_new_one_is_there(waits: list[float | None]) -> None:
    database = Database(n1="old", n2="bob")
    lookup = database.lookup()
    assert lookup(1) == "old"
    del waits[:]
    database.names[1] = "new"
    database.gate.clear()
    database.now = KEEP - 1
    assert lookup(1) == "old"
    assert database.asked == [1]
    database.now = KEEP
    assert [lookup(1), lookup(1)] == ["old", "old"]
    assert waits == [], "nobody waits where an old name will do"
    database.gate.set()
    assert lookup(2) == "bob"
    assert lookup(1) == "new"
    assert database.asked == [1, 1, 2]


def test_a_call_waits_no_longer_than_it_may(waits: list[float | None]) -> None:
    database = Database(n1="alice")
    database.gate.clear()
    lookup = database.lookup(wait=0.01)
    assert lookup(1) is None
    assert waits == [0.01]
    database.gate.set()


def test_while_the_database_is_late_no_call_waits_and_later_its_answers_serve(waits: list[float | None]) -> None:
    database = Database(n1="alice", n2="bob", n3="carol")
    database.gate.clear()
    lookup = database.lookup(wait=0.01)
    assert [lookup(1), lookup(1), lookup(2), lookup(3)] == [None] * 4
    assert len(waits) == 1
    database.gate.set()
    database.wait_until_asked(3)
    assert [lookup(1), lookup(2)] == ["alice", "bob"]
    assert database.asked == [1, 2, 3], "what waits for its answer is not asked again"


def test_when_it_has_answered_calls_wait_again(waits: list[float | None]) -> None:
    database = Database(n1="alice", n2="bob", n3="carol")
    database.gate.clear()
    lookup = database.lookup(wait=0)
    assert [lookup(1), lookup(2)] == [None, None]
    database.gate.set()
    database.wait_until_asked(2)
    lookup(3)
    assert len(waits) == 2


@pytest.mark.parametrize("error", [KeyError(1), OSError(5, "sssd"), RuntimeError(), UnicodeError(), MemoryError()])
def test_a_database_that_fails_has_no_name(error: Exception) -> None:
    def fail(number: int) -> str:
        if number == 1:
            raise error
        return "bob"

    lookup = TimedLookup(fail, wait=PATIENCE)
    assert [lookup(1), lookup(2)] == [None, "bob"]


def test_names_are_made_harmless() -> None:
    lookup = TimedLookup(lambda _: "a\nb\udcff\\", wait=PATIENCE)
    assert lookup(1) == r"a\x0ab\xff\\"


def test_names_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acctship.events.names.MOST", 10)
    database = Database(**{f"n{number}": f"u{number}" for number in range(50)})
    lookup = database.lookup()
    assert [lookup(number) for number in range(50)] == [f"u{number}" for number in range(50)]
    lookup(0)
    assert database.asked[50:] == [0], "forgotten, so asked again"


def test_questions_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acctship.events.names.MOST", 10)
    database = Database(**{f"n{number}": f"u{number}" for number in range(100)})
    database.gate.clear()
    lookup = database.lookup(wait=0)
    assert {lookup(number) for number in range(99)} == {None}
    database.gate.set()
    database.wait_until_asked(9)
    assert any(lookup(99) for _ in range(1_000_000))  # soon: the thread must have its turn
    assert len(database.asked) <= 12


def test_many_threads_get_the_same_answer_and_ask_once() -> None:
    database = Database(n1="alice")
    lookup = database.lookup()
    together, found = threading.Barrier(8), []

    def run() -> None:
        together.wait(PATIENCE)
        found.append(lookup(1))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert found == ["alice"] * 8
    assert database.asked == [1]


def test_the_system_knows_root() -> None:
    names = system_names()
    # Should the machine be busy, the first call may not wait long enough.
    found = next(both for _ in range(100_000) if all(both := (names.user(0), names.group(0))))
    assert found == (pwd.getpwuid(0).pw_name, grp.getgrgid(0).gr_name)
    assert names.user(2**31 + 4711) is None


def test_numeric_knows_nobody() -> None:
    nobody: Lookup = no_name
    assert nobody(0) is None


def test_names_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "passwd"
    path.write_bytes(
        b"# a comment\n\nroot:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:\n+nis::::::\n-evil::::::\n  \n"
        b"a\\b\xff\x1b:x:7:7::/:\r\nlast:x:4294967295:0::/:"
    )
    lookup = file_lookup(path)
    assert [lookup(0), lookup(7), lookup(2**32 - 1)] == ["root", r"a\\b\xff\x1b", "last"]
    assert lookup(1) is None
    path.write_bytes(b"wheel:*:0:root,alice\nempty:*:9:\n")
    assert [file_lookup(str(path))(number) for number in (0, 9)] == ["wheel", "empty"]


@pytest.mark.parametrize("line", [b"root", b"root:x:0", b"root:x:zero:0", b"root:x:-1:0", b"root:x::0", b"\xff\0"])
def test_a_file_of_another_kind_is_refused_with_its_line(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "group").write_bytes(b"ok:x:1:\n" + line + b"\n")
    with pytest.raises(InputError, match="group: line 2: not NAME:PASSWORD:NUMBER"):
        file_lookup(tmp_path / "group")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match="cannot be read") as caught:
            file_lookup(path)
        assert str(path) in str(caught.value)
