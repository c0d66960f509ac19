"""A worker stops whatever it is doing: nobody waits for ever, and what has no outcome is not settled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from acctship import EventBatch, HaltError, RetryableError, SendResult
from acctship.delivery.sending.connection import MOST_ABANDONED
from acctship.delivery.sending.parcel import Parcel
from tests.delivery.standins import RealTime, Scripted, Watched, deploy, events, wait_until

LONG = 30
"""Seconds that no test takes unless it fails."""


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What hanging stand-ins wait for: the end of the test."""
    event = threading.Event()
    yield event
    event.set()


class Waiting(Scripted):
    """Waits in `send` for an event."""

    def __init__(self, answer: threading.Event) -> None:
        super().__init__()
        self.inside, self.answer = threading.Event(), answer

    def send(self, batch: EventBatch, /) -> SendResult:
        self.inside.set()
        self.answer.wait()
        return super().send(batch)


def started(make: Callable[[], object], **callbacks: object) -> Watched:
    """A worker in real time that begins to send one event."""
    watched = Watched(deploy(make, timeout=LONG), time=RealTime(), **callbacks)  # type: ignore[arg-type]  # passed on
    watched.worker.start()
    watched.put(events(1))
    return watched


@pytest.mark.parametrize("fault", [RetryableError("busy", retry_after=LONG), HaltError("token revoked")])
def test_worker_stops_at_once_while_it_waits_to_try_again(fault: Exception) -> None:
    failed = threading.Event()

    def told(_notice: object) -> None:
        failed.set()

    output = Scripted(fault)
    watched = started(lambda: output, report=told)
    assert failed.wait(LONG)
    assert watched.worker.stop(LONG)
    assert (watched.settled, output.closed, watched.worker.state) == ([], 1, "stopped")


def test_answers_under_way_are_waited_for_and_settled() -> None:
    output = Waiting(threading.Event())
    watched = started(lambda: output)
    watched.put(events(2))
    assert output.inside.wait(LONG)
    stopped: list[bool] = []
    stopping = threading.Thread(target=lambda: stopped.append(watched.worker.stop(LONG)))
    stopping.start()
    wait_until(lambda: watched.worker.state == "stopped")
    assert not output.closed
    output.answer.set()
    stopping.join(LONG)
    assert stopped == [True]
    assert [len(parcel.batch) for parcel, _ in watched.settled] == [1]
    assert (output.sizes, output.closed) == ([1], 1)


def test_output_that_does_not_answer_is_closed_and_a_late_answer_settles_nothing() -> None:
    output = Waiting(threading.Event())
    watched = started(lambda: output)
    assert output.inside.wait(LONG)
    assert not watched.worker.stop(0.01)
    assert output.closed == 1
    output.answer.set()
    for thread in threads(watched):
        thread.join(LONG)
    assert (output.sizes, watched.settled, watched.notices) == ([1], [], [])


def test_output_that_fails_because_it_was_closed_is_told_to_nobody(release: threading.Event) -> None:
    class Connected(Waiting):
        def send(self, batch: EventBatch, /) -> SendResult:
            super().send(batch)
            raise ConnectionResetError(104, "reset")

        def close(self) -> None:
            super().close()
            self.answer.set()

    output = Connected(threading.Event())
    watched = started(lambda: output)
    assert output.inside.wait(LONG)
    watched.worker.stop(0)
    for thread in threads(watched):
        thread.join(LONG)
    assert (watched.notices, watched.settled, watched.worker.last_error) == ([], [], "")
    release.set()


def test_output_that_hangs_while_it_opens_is_closed(release: threading.Event) -> None:
    opening = threading.Event()

    class HangsAtOpen(Scripted):
        def open(self) -> None:
            opening.set()
            release.wait()

    output = HangsAtOpen()
    watched = started(lambda: output)
    assert opening.wait(LONG)
    assert not watched.worker.stop(0)
    assert output.closed == 1


def test_output_that_was_built_too_late_is_not_opened(release: threading.Event) -> None:
    building, late = threading.Event(), Scripted()
    made: list[Scripted] = [Scripted(at_open=[ConnectionRefusedError(111, "refused")])]

    def make() -> Scripted:
        if made:
            return made.pop()
        building.set()
        release.wait()
        return late

    watched = Watched(deploy(make, timeout=LONG))
    watched.worker.start()
    watched.put(events(1))
    assert building.wait(LONG)
    assert not watched.worker.stop(0)
    release.set()
    for thread in threads(watched):
        thread.join(LONG)
    assert (late.opened, late.sent) == (0, [])


def test_worker_stops_while_dead_letters_cannot_be_kept() -> None:
    asked = threading.Event()

    def full(_letters: Sequence[tuple[bytes, str]]) -> None:
        asked.set()
        raise HaltError("dead.jsonl: has reached 100 MB")

    watched = started(lambda: Scripted(SendResult(rejected={0: "no"})), dead_letter=full)
    assert asked.wait(LONG)
    assert watched.worker.stop(LONG)
    assert (watched.settled, watched.tally.rejected) == ([], 0)
    assert not watched.worker.drain()


def test_worker_stops_while_a_dead_letter_takes_for_ever(release: threading.Event) -> None:
    asked = threading.Event()

    def hang(_letters: Sequence[tuple[bytes, str]]) -> None:
        asked.set()
        release.wait()

    watched = started(lambda: Scripted(SendResult(rejected={0: "no"})), dead_letter=hang)
    assert asked.wait(LONG)
    assert not watched.worker.stop(0)
    release.set()
    for thread in threads(watched):
        thread.join(LONG)
    assert watched.settled == []


def test_put_and_drain_return_when_the_worker_stops(release: threading.Event) -> None:
    output = Waiting(release)
    watched = started(lambda: output)
    returned: list[object] = []

    def feed() -> None:
        watched.put(*[events(1) for _ in range(9)])
        returned.append("fed")

    feeding = threading.Thread(target=feed)
    draining = threading.Thread(target=lambda: returned.append(watched.worker.drain()))
    feeding.start()
    draining.start()
    assert output.inside.wait(LONG)
    watched.worker.stop(0)
    feeding.join(LONG)
    release.set()
    draining.join(LONG)
    assert returned == ["fed", False]
    assert output.sizes == [1]


def test_room_tells_whether_put_would_wait(release: threading.Event) -> None:
    output = Waiting(release)
    watched = started(lambda: output)
    while watched.worker.room():
        watched.worker.put(Parcel(events(1)))
    assert watched.tally.taken == 2
    assert not watched.worker.wait_for_room(0.01)
    release.set()
    assert watched.worker.wait_for_room(LONG)
    watched.worker.stop(LONG)
    assert not watched.worker.wait_for_room(LONG)


def test_stop_is_possible_before_anything_was_sent() -> None:
    output = Scripted()
    watched = Watched(deploy(lambda: output))
    watched.worker.start()
    assert watched.worker.stop(0)
    assert (output.opened, output.closed) == (0, 0)


def test_service_is_gone_after_four_outputs_that_hang(release: threading.Event) -> None:
    built: list[Scripted] = []

    def make() -> Scripted:
        built.append(Waiting(release))
        return built[-1]

    watched = Watched(deploy(make, timeout=0.05))
    watched.worker.start()
    watched.put(events(2))
    assert not watched.worker.drain()
    assert len(built) == MOST_ABANDONED
    assert isinstance(watched.worker.gone, HaltError)
    assert watched.told[-1] == ("output-halted", "start")
    assert (watched.worker.state, watched.settled, watched.tally.failure) == ("stopped", [], None)
    assert watched.worker.stop(0)


def test_output_that_hangs_while_it_is_built_is_one_that_hangs(release: threading.Event) -> None:
    made: list[Scripted] = [Scripted(at_open=[ConnectionRefusedError(111, "refused")])]

    def make() -> Scripted:
        if not made:
            release.wait()
        return made.pop()

    watched = Watched(deploy(make, timeout=0.05))
    watched.worker.start()
    watched.put(events(2))
    assert not watched.worker.drain()
    assert "no answer in 0.05 s, 4 times" in str(watched.worker.gone)


def test_outputs_that_hang_now_and_then_do_not_end_the_service(release: threading.Event) -> None:
    def hang(_batch: EventBatch) -> SendResult:
        release.wait()
        return SendResult()

    built: list[Scripted] = []

    def make() -> Scripted:
        built.append(Scripted(SendResult(), hang))
        return built[-1]

    watched = Watched(deploy(make, timeout=0.05)).deliver(*[events(1) for _ in range(8)])
    assert watched.counts == (8, 0, 0)
    assert len(built) > MOST_ABANDONED


def threads(watched: Watched) -> list[threading.Thread]:
    """Those of the worker."""
    name = f"acctship-{watched.worker.deployed.name}-"
    return [thread for thread in threading.enumerate() if thread.name.startswith(name)]
