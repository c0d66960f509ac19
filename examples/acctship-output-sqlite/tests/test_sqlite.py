"""The output passes the suite that acctship has for outputs, and says what is wrong with a file."""

import os
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from acctship_output_sqlite import Config

from acctship import Delivery, HaltError, RetryableError
from acctship.output import CheckedOutput
from acctship.testing import Fault, OutputConformance, events, health_events

TORN = 4096  # bytes of a file that a full disk takes: less than a page of the log with its heading


class Store:
    """The database, and the disk below it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def config(self) -> dict[str, Any]:
        return {"type": "sqlite", "path": str(self.path)}

    def ids(self) -> list[str]:
        return [row[0] for row in rows(self.path, "SELECT id FROM events ORDER BY rowid")] if self.path.exists() else []

    def fault(self, kind: Fault, /) -> AbstractContextManager[object]:
        return no_room() if kind == "down" else locked(self.path)


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


@contextmanager
def no_room() -> Iterator[None]:
    """No file may grow, and none be written beyond its first bytes: what is written is torn (setrlimit(2))."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (TORN, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program writes, and does not end."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


class TestSqlite(OutputConformance):
    faults = ("down", "hang")
    test_check_of_a_receiver_that_is_down_raises = None  # type: ignore[assignment]  # nobody writes, so no write fails

    @pytest.fixture
    def receiver(self, tmp_path: Path) -> Store:
        return Store(tmp_path / "events.db")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


def output(path: Path) -> CheckedOutput:
    config = Config(path=str(path))
    made = config.output(config.delivery())
    assert isinstance(made, CheckedOutput)
    return made


def test_event_is_one_row_however_often_it_is_sent(path: Path) -> None:
    for _ in range(2):
        output(path).send(events(3))
    output(path).send(health_events(1))
    counted = "SELECT dataset, count(*) FROM events GROUP BY dataset ORDER BY dataset"
    assert rows(path, counted) == [("acct.health", 1), ("acct.process", 3)]
    assert path.stat().st_mode & 0o777 == 0o640 & ~umask()


def umask() -> int:
    before = os.umask(0)
    os.umask(before)
    return before


def test_columns_are_those_of_the_event(path: Path) -> None:
    output(path).send(events(1, command="ls"))
    columns = "time, host, user, uid, command, pid, ppid, exit, signal, tty, duration, action"
    assert rows(path, f"SELECT {columns} FROM events") == [
        ("2023-11-14T22:13:20Z", None, None, 1000, "ls", 1, 1, 0, None, None, 0.0, "process-ended")
    ]
    assert [row[0].encode() for row in rows(path, "SELECT event FROM events")] == events(1, command="ls").json()


def test_readers_and_the_writer_do_not_wait_for_each_other(path: Path) -> None:
    made = output(path)
    made.open()
    assert rows(path, "PRAGMA journal_mode") == [("wal",)]
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM events").fetchone() == (0,)
        made.send(events(1))


def test_batch_is_one_transaction_that_is_synced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, done, connect = output(path), list[str](), sqlite3.connect

    def traced(*arguments: Any, **options: Any) -> Any:
        database = connect(*arguments, **options)
        database.set_trace_callback(done.append)
        return database

    made.open()
    monkeypatch.setattr(sqlite3, "connect", traced)
    made.send(events(2))
    assert [line.partition(" (")[0] for line in done[-5:]] == [
        "PRAGMA synchronous = FULL",
        "BEGIN IMMEDIATE",
        "INSERT INTO events",
        "INSERT INTO events",
        "COMMIT",
    ]


def test_file_that_was_moved_away_is_made_anew(path: Path) -> None:
    made = output(path)
    made.send(events(1))
    moved = path.rename(path.with_suffix(".old"))
    made.send(events(2))
    assert [len(rows(one, "SELECT id FROM events")) for one in (moved, path)] == [1, 2]


def test_lock_that_lasts_is_tried_again(path: Path) -> None:
    made = Config(path=str(path)).output(Delivery(timeout=0.2))
    made.open()
    with locked(path), pytest.raises(RetryableError, match="database is locked"):
        made.send(events(1))
    made.send(events(1))


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE mine (x)")


def newer(path: Path) -> None:
    output(path).open()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")


def damaged(path: Path) -> None:
    output(path).send(events(500))
    path.write_bytes(path.read_bytes()[:4096] + os.urandom(8192))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (foreign, "is the database of another program: is this the right file?"),
        (newer, "was made by a newer acctship-output-sqlite: install that one"),
        (lambda path: path.write_text("some notes\n" * 100), "file is not a database"),
        (damaged, "database disk image is malformed"),
        (lambda path: path.mkdir(), "is no regular file"),
        (os.mkfifo, "is no regular file"),
        (lambda path: path.parent.rmdir(), "its folder does not exist: make it"),
    ],
)
def test_what_a_person_has_to_mend_halts_and_is_left_as_it_was(path: Path, make: Any, said: str) -> None:
    make(path)
    before = path.read_bytes() if path.is_file() else None
    for ask in (output(path).check, lambda: output(path).send(events(1))):
        with pytest.raises(HaltError) as told:
            ask()
        assert str(told.value) == f"{path}: {said}"
    assert (path.read_bytes() if path.is_file() else None) == before


def test_check_makes_nothing(path: Path) -> None:
    assert output(path).check().startswith(f"{path} will be made, ")
    assert list(path.parent.iterdir()) == []
    output(path).open()
    assert output(path).check().startswith(f"{path} can be written, ")
    assert list(path.parent.iterdir()) == [path]
