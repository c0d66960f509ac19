"""Output `sqlite`: events in a table of an SQLite database, each of them once."""

import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Annotated

from msgspec import Meta

import acctship

APPLICATION, VERSION = 0x61636374, 1  # marks the file as ours ("acct"), and its schema
PATIENCE = 5.0  # seconds to wait for another writer

# The event is kept whole, and what is asked for often is a column made of it. A time is text that sorts; a duration is
# in seconds. IF NOT EXISTS, because two processes may begin at once.
SCHEMA = f"""
    CREATE TABLE IF NOT EXISTS events (
        id TEXT NOT NULL PRIMARY KEY,
        event TEXT NOT NULL,
        dataset TEXT AS (json_extract(event, '$.event.dataset')) STORED,
        action TEXT AS (json_extract(event, '$.event.action')) STORED,
        time TEXT AS (json_extract(event, '$."@timestamp"')) STORED,
        host TEXT AS (json_extract(event, '$.host.name')) STORED,
        user TEXT AS (json_extract(event, '$.user.name')) STORED,
        uid INTEGER AS (json_extract(event, '$.user.id')) STORED,
        command TEXT AS (json_extract(event, '$.process.name')) STORED,
        pid INTEGER AS (json_extract(event, '$.process.pid')) STORED,
        ppid INTEGER AS (json_extract(event, '$.process.parent.pid')) STORED,
        exit INTEGER AS (json_extract(event, '$.process.exit_code')) STORED,
        signal TEXT AS (json_extract(event, '$.acct.signal.name')) STORED,
        tty TEXT AS (json_extract(event, '$.acct.tty')) STORED,
        duration REAL AS (json_extract(event, '$.event.duration') / 1e9) STORED
    );
    CREATE INDEX IF NOT EXISTS events_by_time ON events (time);
    PRAGMA application_id = {APPLICATION};
    PRAGMA user_version = {VERSION};
"""
# Not INSERT OR IGNORE, which drops in silence whatever else the table would refuse.
INSERT = "INSERT INTO events (id, event) VALUES (?, ?) ON CONFLICT (id) DO NOTHING"

PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,  # what a person has to mend was looked for before
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PROTOCOL,
}


class Config(acctship.OutputConfig, kw_only=True):
    """Each field is a key of the output's table; acctship has checked them before it calls us."""

    path: Annotated[
        str, Meta(description="Absolute path of the database; made with mode 0640 if it is not there", pattern="^/")
    ]

    def delivery(self) -> acctship.Delivery:
        """A commit has been synced to disk when it returns."""
        return acctship.Delivery(guarantee="written")

    def output(self, limits: acctship.Delivery, /) -> acctship.Output:
        """Nothing is opened yet."""
        return _Database(Path(self.path), min(PATIENCE, limits.timeout / 2))


class _Database:
    """Each batch has a connection of its own: threads share nothing, and a file that was moved away is not written."""

    def __init__(self, path: Path, patience: float) -> None:
        self._path, self._patience = path, patience

    def open(self) -> None:
        """Make the database if it is not there."""
        with self._connected():
            pass

    def close(self) -> None: ...  # nothing is left of a batch

    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        """Insert those that are not there, in one transaction."""
        rows = [(id_, line.decode()) for id_, line in zip(batch.ids, batch.json(), strict=True)]
        with self._connected() as database:
            database.execute("BEGIN IMMEDIATE")
            database.executemany(INSERT, rows)
            database.execute("COMMIT")
        return acctship.SendResult()

    def check(self) -> str:
        """See that the database can be written, or made; nothing is."""
        there = os.statvfs(self._folder())
        room = there.f_bavail * there.f_frsize
        if not room:
            raise acctship.RetryableError(f"{self._path.parent}: the disk is full")
        if not self._expect_file():
            return f"{self._path} will be made, {room >> 20:,} MB are free"
        # Without a log beside it nobody writes, and `immutable` keeps SQLite from making one.
        how = "mode=ro" if Path(f"{self._path}-wal").exists() else "immutable=1"
        with self._explained(), closing(sqlite3.connect(f"{self._path.as_uri()}?{how}", uri=True)) as database:
            self._is_ours(database)
        return f"{self._path} can be written, {room >> 20:,} MB are free"

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        self._folder()
        with suppress(FileExistsError):
            os.mknod(self._path, stat.S_IFREG | 0o640)  # to open and close it would drop SQLite's locks on it
        self._expect_file()
        with (
            self._explained(),
            closing(sqlite3.connect(self._path, timeout=self._patience, isolation_level=None)) as database,
        ):
            ours = self._is_ours(database)  # before anything is written: it may be somebody else's
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            if not ours:
                database.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT")
            yield database

    def _folder(self) -> Path:
        folder = self._path.parent
        if not folder.is_dir():
            raise acctship.HaltError(f"{self._path}: its folder does not exist: make it")
        if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
            raise acctship.HaltError(f"{folder}: no file may be made there, and SQLite needs one beside the database")
        return folder

    def _expect_file(self) -> bool:
        """Whether it is there, and then a file that we may write."""
        if not self._path.exists():
            return False
        if not self._path.is_file():
            raise acctship.HaltError(f"{self._path}: is no regular file")
        if not os.access(self._path, os.R_OK | os.W_OK, effective_ids=True):
            raise acctship.HaltError(f"{self._path}: permission denied, or its disk is read-only")
        return True

    def _is_ours(self, database: sqlite3.Connection) -> bool:
        """Whether it holds our table already; False if it is empty."""
        database.execute("BEGIN")  # or another process could make the table between two looks
        ((application,),) = database.execute("PRAGMA application_id")
        ((version,),) = database.execute("PRAGMA user_version")
        ((tables,),) = database.execute("SELECT count(*) FROM sqlite_master")
        database.execute("ROLLBACK")
        if application != APPLICATION and (application or version or tables):
            raise acctship.HaltError(f"{self._path}: is the database of another program: is this the right file?")
        if version > VERSION:
            raise acctship.HaltError(f"{self._path}: was made by a newer acctship-output-sqlite: install that one")
        return bool(application)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the rest tells where it happened
            kind = acctship.RetryableError if code in PASSING else acctship.HaltError
            raise kind(f"{self._path}: {error}") from None


@acctship.hookimpl
def acctship_outputs() -> Iterable[acctship.OutputSpec]:
    """Tell acctship what is here; the name is the entry point's."""
    yield acctship.OutputSpec("sqlite", Config, "Events in a table of an SQLite database, each once")
