"""GNU's programs beside ours, and files for both."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from acctship.cli import summary as cli
from acctship.events.escape import unescape
from tests.cli.command import acctship
from tests.gnu.dumps import COUNT, Both, Run, Tame, tame_records
from tests.gnu.sums import Ours, Sa


@pytest.fixture
def run(gnu_acct: Path) -> Run:
    """Run both with the same arguments."""

    def run(*arguments: str | Path, zone: str = "UTC") -> Both:
        environment = {**os.environ, "TZ": zone, "LC_ALL": "C"}
        gnu = subprocess.run([gnu_acct / "dump-acct", *arguments], env=environment, capture_output=True, check=True)
        ours = acctship("dump", *arguments, environment={"TZ": zone})
        assert (ours.code, ours.err) == (0, "")
        return Both(gnu.stdout, ours.out)

    return run


@pytest.fixture(scope="session")
def tame(tmp_path_factory: pytest.TempPathFactory) -> Tame:
    """A file of random records of a layout."""
    folder = tmp_path_factory.mktemp("tame")

    def tame(name: str) -> Path:
        path = folder / name
        if not path.exists():
            path.write_bytes(tame_records(COUNT, name).rows.tobytes())
        return path

    return tame


@pytest.fixture
def sa(gnu_acct: Path) -> Sa:
    """Rows of GNU's sa, which reads no summary files here, and gets no answers to its questions."""

    def run(path: Path, *options: str) -> list[str]:
        command: list[str | Path] = [gnu_acct / "sa", "--dont-read-summary-files", *options, path]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)
        return done.stdout.decode("latin-1").split("\n")[:-1]

    return run


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ours:
    """Rows of `acctship summary` in a pipe, with raw names as sa has them; -c and -f are given by their long names."""
    (tmp_path / "acctship.toml").touch()  # this machine's own must not count
    long_names = {"-c": "--percentages", "-f": "--not-interactive"}

    def run(path: Path, *options: str) -> list[str]:
        written: list[bytes] = []
        monkeypatch.setattr(cli, "write", written.append)
        monkeypatch.setattr(cli, "is_terminal", lambda _: False)
        arguments = [long_names.get(option, option) for option in options]
        code = cli.command.main(
            ["--config", str(tmp_path / "acctship.toml"), *arguments, str(path)], standalone_mode=False
        )
        assert code == 0
        return unescape(b"".join(written).decode()).decode("latin-1").split("\n")[:-1]

    return run
