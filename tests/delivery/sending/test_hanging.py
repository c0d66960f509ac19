"""Outputs that hang are abandoned and built anew; several threads send at once. The outputs stand in for faults."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from acctship import EventBatch, HaltError, SendResult
from acctship.delivery.sending.bounded import HungError, call
from acctship.delivery.sending.connection import MOST_ABANDONED
from tests.delivery.standins import Scripted, deliver, deliver_to, deploy, events

TIMEOUT = 0.05
"""Seconds after which a stand-in counts as hanging; it hangs until its test is over, so no speed matters."""


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What hanging stand-ins wait for: the end of the test."""
    event = threading.Event()
    yield event
    event.set()


class Series:
    """Builds the outputs of a list, one after the other; the last one again and again."""

    def __init__(self, *outputs: Scripted) -> None:
        self.outputs, self.built = outputs, 0

    def __call__(self) -> Scripted:
        self.built += 1
        return self.outputs[min(self.built, len(self.outputs)) - 1]


def hang(release: threading.Event) -> Callable[[EventBatch], SendResult]:
    def step(_batch: EventBatch) -> SendResult:
        release.wait()
        return SendResult()

    return step


class HangsAtOpen(Scripted):
    def __init__(self, release: threading.Event) -> None:
        super().__init__()
        self._release = release

    def open(self) -> None:
        super().open()
        self._release.wait()


class HangsAtClose(Scripted):
    def __init__(self, release: threading.Event) -> None:
        super().__init__()
        self._release = release

    def close(self) -> None:
        super().close()
        self._release.wait()


def test_send_that_hangs_is_abandoned_and_the_batch_goes_through_a_fresh_output(release: threading.Event) -> None:
    hanging, fresh = Scripted(hang(release)), Scripted()
    outcome = deliver_to(deploy(Series(hanging, fresh), timeout=TIMEOUT), events(3))
    assert outcome.counts == (3, 0, 0)
    assert (hanging.sizes, fresh.sizes) == ([3], [3])
    assert (hanging.closed, fresh.closed) == (1, 1)


def test_late_answer_of_an_abandoned_output_is_ignored() -> None:
    answered = threading.Event()

    class Late(Scripted):
        def send(self, batch: EventBatch, /) -> SendResult:
            super().send(batch)
            answered.wait()
            return SendResult(rejected={0: "too late to say"})

    class Fresh(Scripted):
        def send(self, batch: EventBatch, /) -> SendResult:
            answered.set()
            return super().send(batch)

    outcome = deliver_to(deploy(Series(Late(), Fresh()), timeout=TIMEOUT), events(2))
    assert (outcome.counts, outcome.rejected) == ((2, 0, 0), {})


def test_open_that_hangs_is_abandoned(release: threading.Event) -> None:
    hanging, fresh = HangsAtOpen(release), Scripted()
    outcome = deliver_to(deploy(Series(hanging, fresh), timeout=TIMEOUT), events(1))
    assert outcome.counts == (1, 0, 0)
    assert (hanging.opened, hanging.closed, hanging.sent) == (1, 1, [])


def test_after_four_that_hang_the_output_is_given_up(release: threading.Event) -> None:
    series = Series(*[Scripted(hang(release)) for _ in range(9)])
    outcome = deliver_to(deploy(series, timeout=TIMEOUT), events(2), events(3))
    assert outcome.counts == (0, 0, 5)
    assert isinstance(outcome.tally.failure, HaltError)
    assert "no answer in 0.05 s, 4 times" in str(outcome.tally.failure)
    assert series.built == MOST_ABANDONED


def test_close_that_hangs_holds_up_nobody(release: threading.Event) -> None:
    outcome = deliver(HangsAtClose(release), events(2), timeout=TIMEOUT)
    assert outcome.tally.complete


def test_as_many_threads_send_as_may_be_in_flight() -> None:
    together = threading.Barrier(3)

    def step(_batch: EventBatch) -> SendResult:
        together.wait(timeout=30)  # breaks, and fails the test, unless three are here at once
        return SendResult()

    outcome = deliver(Scripted(*[step] * 6), *[events(1) for _ in range(6)], in_flight=3)
    assert outcome.counts == (6, 0, 0)


def test_one_thread_sends_unless_more_are_allowed() -> None:
    threads: set[threading.Thread] = set()

    def step(_batch: EventBatch) -> SendResult:
        threads.update(thread for thread in threading.enumerate() if thread.name.startswith("acctship-standin-"))
        return SendResult()

    assert deliver(Scripted(*[step] * 20), *[events(1) for _ in range(20)]).counts == (20, 0, 0)
    assert len(threads) == 1


def test_threads_that_hang_in_one_output_abandon_one_output(release: threading.Event) -> None:
    everybody_inside = threading.Barrier(4)

    def step(_batch: EventBatch) -> SendResult:
        everybody_inside.wait(timeout=30)
        release.wait()
        return SendResult()

    hanging, fresh = Scripted(*[step] * 4), Scripted()
    deployed = deploy(Series(hanging, fresh), timeout=1, in_flight=4)
    outcome = deliver_to(deployed, *[events(2) for _ in range(4)])
    assert outcome.counts == (8, 0, 0)
    assert hanging.closed == 1


def test_halt_in_one_thread_stops_the_others() -> None:
    def halt(_batch: EventBatch) -> SendResult:
        raise HaltError("stop")

    output = Scripted(*[halt] * 99)
    outcome = deliver(output, *[events(1) for _ in range(30)], in_flight=3)
    assert outcome.counts == (0, 0, 30)
    assert len(output.sent) <= 3


def test_bounded_call_gives_the_result_or_the_error() -> None:
    assert call(lambda: 7, 30) == 7
    with pytest.raises(ZeroDivisionError):
        call(lambda: 1 // 0, 30)
    with pytest.raises(RuntimeError, match="it raised SystemExit: 3"):
        call(lambda: sys.exit(3), 30)


def test_bounded_call_leaves_what_hangs(release: threading.Event) -> None:
    with pytest.raises(HungError, match=r"no answer in 0\.05 s"):
        call(release.wait, TIMEOUT)
