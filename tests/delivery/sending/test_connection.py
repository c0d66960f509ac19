"""When an output is kept, and when another is built: what it had read of secrets and keys goes with it."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

import pytest

from acctship import EventBatch, HaltError, RetryableError, Secret, SendResult, TooLargeError
from acctship.delivery.sending.connection import MOST_ABANDONED, Connection
from tests.delivery.standins import Scripted, Watched, deploy, events

PATIENCE = 30


class Series:
    """Builds outputs, and keeps them."""

    def __init__(self, *steps: object) -> None:
        self.steps, self.built = list(steps), list[Scripted]()

    def __call__(self) -> Scripted:
        self.built.append(Scripted(*self.steps))
        self.steps = []
        return self.built[-1]


def connection(make: Any, **limits: Any) -> Connection:
    deployed = deploy(make, **limits)
    return Connection(deployed, deployed.build())


@pytest.mark.parametrize("error", [ConnectionResetError(104, "reset"), HaltError("401"), KeyError("a bug")])
def test_another_is_built_after_a_lost_connection_a_halt_or_a_bug(error: Exception) -> None:
    series = Series(error)
    tested = connection(series)
    with pytest.raises(type(error)):
        tested.send(events(1))
    tested.send(events(1))
    tested.send(events(1))
    tested.close()
    first, second = series.built
    assert (first.opened, first.sizes, first.closed) == (1, [1], 1)
    assert (second.opened, second.sizes, second.closed) == (1, [1, 1], 1)


@pytest.mark.parametrize("error", [RetryableError("busy"), TooLargeError("413")])
def test_the_same_is_kept_when_the_receiver_has_answered(error: Exception) -> None:
    series = Series(error)
    tested = connection(series)
    with pytest.raises(type(error)):
        tested.send(events(1))
    tested.send(events(1))
    (only,) = series.built
    assert (only.opened, only.sizes, only.closed) == (1, [1, 1], 0)


def test_none_is_closed_while_another_thread_sends_through_it() -> None:
    inside, answer = threading.Event(), threading.Event()

    def wait(_batch: EventBatch) -> SendResult:
        inside.set()
        answer.wait(PATIENCE)
        return SendResult()

    series = Series(wait, ConnectionResetError(104, "reset"))
    tested = connection(series, in_flight=2)
    slow = threading.Thread(target=tested.send, args=(events(1),))
    slow.start()
    assert inside.wait(PATIENCE)
    with pytest.raises(ConnectionResetError):
        tested.send(events(1))
    tested.send(events(1))
    (first,) = series.built
    assert first.closed == 0
    answer.set()
    slow.join()
    tested.send(events(1))
    assert (len(series.built), first.closed) == (2, 1)


def test_outputs_that_never_close_are_given_up_before_their_threads_fill_the_memory() -> None:
    release = threading.Event()

    class Stuck(Scripted):
        def close(self) -> None:
            release.wait(PATIENCE)

    tested = connection(lambda: Stuck(*[ConnectionResetError(104, "reset")] * 2), timeout=0.02)
    said = []
    while tested.gone is None:
        with pytest.raises((OSError, RetryableError, HaltError)) as told:
            tested.send(events(1))
        said.append(str(told.value))
    release.set()
    assert len([one for one in said if "does not close" in one]) == MOST_ABANDONED


class Signing(Scripted):
    """Reads its secret at each send, as the contract asks."""

    def __init__(self, secret: Secret) -> None:
        super().__init__()
        self.secret, self.used = secret, list[str]()

    def send(self, batch: EventBatch, /) -> SendResult:
        self.used.append(self.secret.reveal())
        return super().send(batch)


def test_secret_that_is_gone_halts_in_one_clear_line_and_is_read_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "acctship")
    path = tmp_path / "token"
    output = Signing(Secret.from_config({"file": str(_written(path, "old"))}))
    path.unlink()
    watched = Watched(deploy(lambda: output), report=lambda notice: _mend(watched, path, notice))
    watched.deliver(events(1))
    assert output.used == ["new"]
    assert watched.told == [("output-halted", "start"), ("output-halted", "end")]
    said = watched.notices[0].message
    assert said.startswith(
        f"outputs.standin: is halted: secret file {path}: No such file or directory: its events wait"
    )
    assert caplog.records == []  # no bug, and no traceback


def _written(path: Path, secret: str) -> Path:
    path.write_text(secret)
    return path


def _mend(watched: Watched, path: Path, notice: Any) -> None:
    watched.notices.append(notice)
    _written(path, "new\n")
