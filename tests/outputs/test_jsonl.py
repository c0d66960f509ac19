"""Output `jsonl` at work: to a file that is appended, synced, moved and guarded, and to standard output."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import acctship
from acctship import Delivery, HaltError, Output, RetryableError
from acctship.outputs.jsonl import Config, StandardOutput
from acctship.testing import HOSTILE_COMMANDS, events, events_of, record

GOLDEN = Path(__file__).parents[1] / "golden/jsonl.txt"


def build(path: Path | str | None) -> Output:
    config = Config(path=None if path is None else str(path))
    return config.output(config.delivery())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


@pytest.fixture
def output(path: Path) -> Iterator[Output]:
    """An output that is open."""
    made = build(path)
    made.open()
    yield made
    made.close()


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def lines(count: int) -> bytes:
    return b"".join(line + b"\n" for line in events(count).json())


def test_bytes_are_those_of_the_golden_file(output: Output, path: Path, golden: Callable[[Path, str], None]) -> None:
    output.send(events_of([record(comm=name, flag=at & 0x1F) for at, name in enumerate(HOSTILE_COMMANDS)]))
    golden(GOLDEN, path.read_text("utf-8").replace(acctship.__version__, "VERSION"))


def test_batches_are_appended_to_what_is_there(path: Path) -> None:
    path.write_bytes(b"a line of somebody else\n")
    output = build(path)
    output.open()
    output.send(events(2))
    output.send(events(1))
    output.close()
    assert path.read_bytes() == b"a line of somebody else\n" + lines(2) + lines(1)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o777])
def test_new_file_has_mode_0640_whatever_the_umask(mask: int, path: Path, umask: Callable[[int], int]) -> None:
    output = build(path)
    umask(mask)
    output.open()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    output.close()


def test_mode_of_a_file_that_is_there_is_the_sites(path: Path) -> None:
    path.touch(0o600)
    output = build(path)
    output.open()
    output.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_each_batch_is_synced_before_send_returns(output: Output, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bytes] = []

    def fsync(descriptor: int) -> None:
        assert os.fstat(descriptor).st_ino == path.stat().st_ino
        synced.append(path.read_bytes())

    monkeypatch.setattr(os, "fsync", fsync)
    output.send(events(2))
    output.send(events(1))
    assert synced == [lines(2), lines(2) + lines(1)]


def test_new_name_is_synced_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    output = build(path)
    output.open()
    output.close()
    assert synced == [path.parent.stat().st_ino]


def test_file_that_was_moved_away_is_opened_anew(output: Output, path: Path) -> None:
    output.send(events(1))
    moved = path.rename(path.with_suffix(".1"))
    output.send(events(2))
    assert (moved.read_bytes(), path.read_bytes()) == (lines(1), lines(2))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_file_that_was_removed_is_made_anew(output: Output, path: Path) -> None:
    output.send(events(1))
    path.unlink()
    output.send(events(2))
    assert path.read_bytes() == lines(2)


def test_file_that_was_replaced_is_opened_anew(output: Output, path: Path) -> None:
    output.send(events(1))
    other = path.with_suffix(".new")
    other.touch()
    other.replace(path)
    output.send(events(2))
    assert path.read_bytes() == lines(2)


def test_file_that_was_truncated_goes_on_at_its_new_end(output: Output, path: Path) -> None:
    output.send(events(3))
    os.truncate(path, 0)
    output.send(events(1))
    assert path.read_bytes() == lines(1)


def test_one_writer_at_a_time(output: Output, path: Path) -> None:
    with pytest.raises(HaltError, match="another process, or another output, writes to it"):
        build(path).open()
    output.send(events(1))
    output.close()
    second = build(path)
    second.open()
    second.close()


def test_refused_second_writer_changes_nothing(output: Output, path: Path) -> None:
    with path.open("ab") as file:
        file.write(b'{"@timestamp":"20')  # a line that the first writer is about to finish
    with pytest.raises(HaltError):
        build(path).open()
    assert path.read_bytes() == b'{"@timestamp":"20'
    output.close()


def test_lock_is_advisory_and_gone_after_close(output: Output, path: Path) -> None:
    output.close()
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_close_may_be_called_twice_or_without_open(output: Output, path: Path) -> None:
    output.close()
    output.close()
    build(path).close()


def test_keys_and_limits() -> None:
    assert Config().delivery() == Delivery(guarantee="written", linger=0.2)
    assert isinstance(build(None), StandardOutput)


def test_threads_do_not_write_into_each_others_lines(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:100]))  # as a full pipe takes it
    output, batches = build(None), [events(5, first_pid=at) for at in range(1, 100, 5)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(output.send, batches))
    monkeypatch.undo()
    expected = sorted(line for batch in batches for line in batch.json())
    assert sorted(capfdbinary.readouterr().out.splitlines()) == expected


def test_sender_that_was_waiting_when_the_file_was_closed_writes_nothing(output: Output, path: Path) -> None:
    output.close()
    with pytest.raises(RetryableError, match="closed before its turn came"):
        output.send(events(1))
    assert path.read_bytes() == b""
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_file_that_is_closed_during_a_send_is_let_go_after_it(
    output: Output, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fsync(descriptor: int) -> None:
        output.close()
        with path.open("rb") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert os.fstat(descriptor).st_ino == path.stat().st_ino

    monkeypatch.setattr(os, "fsync", fsync)
    output.send(events(2))
    assert path.read_bytes() == lines(2)
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_standard_output_is_left_open(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    output = build(None)
    output.open()
    output.send(events(2))
    output.close()
    output = build(None)
    output.open()
    output.send(events(1))
    output.close()
    assert capfdbinary.readouterr().out == lines(2) + lines(1)
