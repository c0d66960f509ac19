"""`acctship decode --follow --state FILE`: over kills, rotation and readers that go, every record is printed.

After a good end none is printed twice; what is printed again after a kill, or to the next reader, has the same id.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import pytest

from acctship.delivery.keeping.documents import read
from acctship.delivery.tail import TailState
from tests.cli.command import ACCTSHIP
from tests.cli.service import ended, records, until
from tests.faults.campaign import KILLS, choices

MANY = 20_000
"""Records whose events are far more than a pipe holds."""


class Agent:
    """Some agent that runs it, on an accounting file that the test writes."""

    def __init__(self, folder: Path) -> None:
        self.path, self.state, self.out = folder / "pacct", folder / "state.json", folder / "out"

    def append(self, begin: int, end: int) -> None:
        with self.path.open("ab") as file:
            file.write(records(begin, end))

    @contextmanager
    def run(self, stdout: IO[bytes] | int) -> Iterator[subprocess.Popen[bytes]]:
        with subprocess.Popen(
            [ACCTSHIP, "decode", "--follow", "--state", self.state, "-f", self.path],
            stdout=stdout,
            stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"]},
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def pids_until(self, last: int) -> list[int]:
        """Run it until a record is printed, and end it as an agent does; gives what was printed."""
        with self.out.open("wb") as out, self.run(out) as process:
            until(lambda: last in pids(self.out.read_bytes()), f"record {last}")
            process.terminate()
            assert ended(process) == (0, "")
        return pids(self.out.read_bytes())


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    return Agent(tmp_path)


def events(printed: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines(keepends=True) if line.endswith(b"\n")]


def pids(printed: bytes) -> list[int]:
    return [event["process"]["pid"] for event in events(printed)]


def test_what_was_printed_is_not_printed_again(agent: Agent) -> None:
    agent.append(1, 10)
    assert agent.pids_until(9) == [*range(1, 10)]
    agent.append(10, 20)
    assert agent.pids_until(19) == [*range(10, 20)]


def test_rotation_while_it_runs_and_while_it_does_not_loses_nothing(agent: Agent) -> None:
    agent.append(1, 4)
    with agent.out.open("wb") as out, agent.run(out) as process:
        until(lambda: pids(agent.out.read_bytes()) == [1, 2, 3], "the first")
        agent.path.rename(agent.path.with_name("pacct.1"))
        agent.append(4, 6)
        until(lambda: pids(agent.out.read_bytes()) == [1, 2, 3, 4, 5], "those of the next file")
        process.terminate()
        assert ended(process)[0] == 0
    agent.append(6, 8)
    agent.path.rename(agent.path.with_name("pacct.2"))
    agent.append(8, 10)
    assert agent.pids_until(9) == [6, 7, 8, 9]


def test_end_amid_many_records_prints_none_twice(agent: Agent) -> None:
    agent.append(0, MANY)
    with agent.run(subprocess.PIPE) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        printed = pids(first + process.stdout.read())
        assert ended(process) == (0, "")
    assert 0 < len(printed) < MANY
    assert printed + agent.pids_until(MANY - 1) == [*range(MANY)]


def test_reader_that_goes_amid_many_records_ends_it_well_and_the_next_gets_the_rest(agent: Agent) -> None:
    agent.append(0, MANY)
    with agent.run(subprocess.PIPE) as process:
        assert process.stdout is not None
        printed = [event["process"]["pid"] for event in (json.loads(process.stdout.readline()) for _ in range(100))]
        process.stdout.close()
        assert ended(process) == (0, "")
    assert read(agent.state, TailState, "nothing").segments[0].size == MANY * 64
    assert {*printed, *agent.pids_until(MANY - 1)} == {*range(MANY)}


def test_reader_that_goes_while_nothing_comes_ends_it_well(agent: Agent) -> None:
    agent.append(1, 3)
    with agent.run(subprocess.PIPE) as process:
        assert process.stdout is not None
        assert [pids(process.stdout.readline()) for _ in range(2)] == [[1], [2]]
        process.stdout.close()
        assert ended(process) == (0, "")
    agent.append(3, 5)
    assert agent.pids_until(4) == [3, 4]


def test_kills_at_any_moment_lose_nothing_and_what_comes_twice_has_one_id(agent: Agent) -> None:
    printed, last, rng = list[dict[str, Any]](), 0, choices("decode --follow")
    for turn in range(KILLS):
        more = rng.randrange(1, 3000)
        agent.append(last, last + more)
        last += more
        with agent.out.open("wb") as out, agent.run(out) as process:
            with suppress(subprocess.TimeoutExpired):
                pytest.fail(f"it ended by itself: {process.wait(rng.uniform(0.1, 1.5))}")
            if rng.random() < 0.5:
                agent.path.rename(agent.path.with_name(f"pacct.{turn}"))
                agent.append(last, last + 10)
                last += 10
            process.kill()
        printed += events(agent.out.read_bytes())
    agent.pids_until(last - 1)
    printed += events(agent.out.read_bytes())
    ids = {(event["process"]["pid"], event["event"]["id"]) for event in printed}
    assert sorted(pid for pid, _ in ids) == [*range(last)]


def test_damaged_state_is_refused_with_one_line(agent: Agent) -> None:
    agent.append(1, 3)
    agent.pids_until(2)
    agent.state.write_bytes(agent.state.read_bytes()[:20])
    with agent.run(subprocess.DEVNULL) as process:
        code, said = ended(process)
    assert (code, said.count("\n"), str(agent.state) in said) == (3, 1, True)
