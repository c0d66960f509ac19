"""The plugin that keeps events in SQLite: installed into an environment of its own, filled by several processes."""

from __future__ import annotations

import gzip
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.builders import random_records
from tests.cli.command import heed_permissions
from tests.cli.service import until
from tests.paths import PACCT, SQLITE

MODULE = SQLITE / "src/acctship_output_sqlite.py"
README = SQLITE / "README.md"
QUESTION = re.compile(r"```sql\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)


class Store:
    """A site whose one output is the database.

    Attributes:
        path: of the database.
    """

    def __init__(self, environment: Path, folder: Path) -> None:
        self.path, self._config = folder / "acct.db", folder / "acctship.toml"
        self._run: list[str | Path] = [environment / "acctship", "run", "--once", "-c", self._config]
        self.accounting = folder / "log/pacct"
        self.accounting.parent.mkdir()
        self.configure()

    def configure(self, batch: int = 2000) -> None:
        self._config.write_text(
            f'[source]\npath = "{self.accounting}"\n[state]\ndirectory = "{self._config.parent}/state"\n'
            f'[outputs.store]\ntype = "sqlite"\npath = "{self.path}"\nstart = "oldest"\n'
            f"[outputs.store.delivery]\nbatch_events = {batch}\n"
        )

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen([*self._run, *arguments], stderr=subprocess.PIPE, text=True)

    def run(self, *arguments: str | Path, before: Callable[[], object] | None = None) -> tuple[int, str]:
        command = [*self._run, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, preexec_fn=before, check=False, timeout=120)
        return done.returncode, done.stderr

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as database:
            return database.execute(query).fetchall()

    def count(self) -> int:
        ((count,),) = self.ask("SELECT count(*) FROM events WHERE dataset = 'acct.process'")
        return int(count)


@pytest.fixture
def store(environment: Path, tmp_path: Path) -> Store:
    return Store(environment, tmp_path)


def test_record_that_comes_on_several_ways_is_one_row(store: Store, tmp_path: Path) -> None:
    packed = tmp_path / "pacct.1.gz"
    packed.write_bytes(gzip.compress(PACCT.read_bytes()))
    for host, path in (("web1", PACCT), ("web1", packed), ("web2", PACCT)):
        assert store.run("-f", path, "--source-id", host, "--host-name", host)[0] == 0
    assert store.ask("SELECT host, count(*) FROM events GROUP BY host") == [("web1", 92), ("web2", 92)]


def test_two_processes_that_write_at_once_lose_nothing(store: Store, tmp_path: Path) -> None:
    store.configure(batch=20)
    (tmp_path / "pacct").write_bytes(b"".join(random_records(1000)))
    runs = [store.start("-f", tmp_path / "pacct", "--source-id", host, "--host-name", host) for host in ("a", "b")]
    said = [run.communicate(timeout=120)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert store.ask("SELECT host, count(*) FROM events GROUP BY host") == [("a", 1000), ("b", 1000)]


def test_run_that_was_killed_is_taken_up_with_each_record_once(store: Store) -> None:
    store.configure(batch=1)
    store.accounting.write_bytes(b"".join(random_records(1000)))
    with store.start() as process:
        until(lambda: store.path.exists() and store.path.stat().st_size > 0, "the database")
        until(lambda: store.ask("SELECT count(*) FROM sqlite_master") != [(0,)] and store.count() > 5, "some rows")
        process.kill()
    assert 0 < store.count() < 1000
    store.configure()
    assert store.run()[0] == 0
    assert store.count() == 1000
    assert store.ask("PRAGMA integrity_check") == [("ok",)]


def test_file_that_may_not_be_written_is_named(store: Store) -> None:
    assert store.run("-f", PACCT)[0] == 0
    store.path.chmod(0o400)
    code, said = store.run("-f", PACCT, before=heed_permissions)
    assert code == 1
    assert f"NOT DELIVERED: {store.path}: permission denied, or its disk is read-only" in said


def test_path_that_sqlite_would_take_for_no_file_is_refused(store: Store) -> None:
    store.path = Path(":memory:")
    store.configure()
    code, said = store.run("-f", PACCT)
    assert (code, "outputs.store.path: " in said) == (3, True)


def test_questions_of_the_readme_are_answered_as_it_says(store: Store, golden: Callable[[Path, str], None]) -> None:
    shutil.copy(PACCT, store.accounting)
    assert store.run()[0] == 0
    assert store.run("-f", PACCT, "--source-id", "web1", "--host-name", "web1")[0] == 0

    def answered(block: re.Match[str]) -> str:
        rows = ["|".join("" if value is None else str(value) for value in row) for row in store.ask(block[1])]
        return f"```sql\n{block[1]}```\n\n```text\n" + "".join(f"{row}\n" for row in rows) + "```"

    text = README.read_text("utf-8")
    assert len(QUESTION.findall(text)) == 5
    golden(README, QUESTION.sub(answered, text))
    missing, _ = QUESTION.findall(text)[-1]
    with closing(sqlite3.connect(store.path)) as database, database:
        database.execute("DELETE FROM events WHERE command = 'ls' AND host IS NOT 'web1'")
    ((_, sent, here),) = store.ask(missing)
    assert sent == 92 > here, "the last question tells that rows were removed"


def test_it_passes_the_suite(environment: Path, tmp_path: Path) -> None:
    shutil.copytree(SQLITE / "tests", tmp_path / "tests")
    command: list[str | Path] = [
        environment / "python",
        "-m",
        "pytest",
        "-W",
        "error",
        "-p",
        "no:cacheprovider",
        "tests",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"= [0-9]+ passed in ", done.stdout), "every fault of the suite is shown, so nothing is skipped"


def test_it_type_checks_strictly(environment: Path, tmp_path: Path) -> None:
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file="]
    command: list[str | Path] = [*mypy, "--python-executable", environment / "python", MODULE, SQLITE / "tests"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
