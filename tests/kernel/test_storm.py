"""Twenty thousand processes that end as fast as they can: each is an event, in order, by every command."""

from __future__ import annotations

import subprocess
import sysconfig
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from acctship.events.schema import Event
from tests.kernel.accounting import Recording, record, shell
from tests.paths import PACCT
from tests.schema import assert_valid_event

EXITS = 20_000
CODES = 251
"""Prime, so that no loss of a round number of records looks like none."""


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    loop = f"i=0; while [ $i -lt {EXITS} ]; do (exit $((i % {CODES}))); i=$((i + 1)); done; exit 0"
    return record(tmp_path_factory.mktemp("storm"), shell(loop))


def acctship(*arguments: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """The command as a user has it, with a configuration of its own instead of this machine's."""
    config = folder / "acctship.toml"
    config.write_text('[outputs.here]\ntype = "jsonl"\n')
    program = Path(sysconfig.get_path("scripts"), "acctship")
    return subprocess.run([program, arguments[0], "--config", config, *arguments[1:]], capture_output=True, check=False)


def assert_complete(lines: list[bytes], storm: Recording) -> None:
    events = [msgspec.json.decode(line, type=Event) for line in lines]
    processes = [event.process for event in events if event.process]
    children = [process for process in processes if process.parent and process.parent.pid == storm.pid]
    seconds = {datetime.fromisoformat(event.timestamp).timestamp() for event in events}

    assert len(events) == EXITS + 2, "the shell and who switched accounting off come last"
    assert [child.exit_code for child in children] == [at % CODES for at in range(EXITS)]
    assert [event.event.sequence for event in events] == list(range(EXITS + 2))
    assert len({event.event.id for event in events}) == EXITS + 2
    assert storm.began <= min(seconds) <= max(seconds) <= storm.ended
    for line in lines[::100]:  # the whole schema takes a millisecond, and they are all alike
        assert_valid_event(line)


def test_decode_gives_an_event_for_each_exit_in_order(storm: Recording) -> None:
    done = acctship("decode", "--file", str(storm.path), folder=storm.path.parent)

    assert (done.returncode, done.stderr) == (0, b"")
    assert_complete(done.stdout.splitlines(), storm)


def test_run_once_delivers_an_event_for_each_exit_in_order(storm: Recording) -> None:
    done = acctship("run", "--once", "--file", str(storm.path), folder=storm.path.parent)

    assert done.returncode == 0
    assert f"{EXITS + 2:,} events delivered".encode() in done.stderr
    assert done.stderr.count(b"\n") == 1
    assert_complete(done.stdout.splitlines(), storm)


def test_the_records_that_come_with_the_project_are_events(tmp_path: Path) -> None:
    records = PACCT
    done = acctship("run", "--once", "--file", str(records), folder=tmp_path)
    lines = done.stdout.splitlines()

    assert done.returncode == 0
    assert len(lines) == records.stat().st_size // 64 >= 60
    for line in lines:
        assert_valid_event(line)
