"""What the worker of the service does with each outcome: it never gives up. The outputs stand in for faults."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

from acctship import ConfigError, HaltError, RetryableError, SendResult, TooLargeError
from acctship.delivery.notice import Notice
from acctship.delivery.sending.parcel import Parcel
from tests.delivery.standins import Scripted, Step, Watched, deploy, events, serve, wait_until

UNREACHABLE, HALTED = "output-unreachable", "output-halted"


pytestmark = pytest.mark.usefixtures("longest_waits")


def test_each_parcel_is_settled_once_with_its_token() -> None:
    watched = Watched(deploy(Scripted))
    parcels = [Parcel(events(2), "a"), Parcel(events(0), "nothing"), Parcel(events(1))]
    watched.worker.start()
    for parcel in parcels:
        watched.worker.put(parcel)
    assert watched.worker.drain()
    assert sorted(map(id, parcels)) == sorted(id(parcel) for parcel, _ in watched.settled)
    assert [rejected for _, rejected in watched.settled] == [{}, {}, {}]
    watched.worker.stop(0)


def test_output_that_fails_a_hundred_times_is_tried_again_with_waits_that_grow_to_a_minute() -> None:
    output = Scripted(*[RetryableError("busy"), ConnectionResetError(104, "reset")] * 50)
    outcome = serve(output, events(3))
    assert outcome.slept == [1, 2, 4, 8, 16, 32, *[60] * 94]
    assert output.sent == [events(3).ids] * 101
    assert (outcome.counts, outcome.tally.retries, len(outcome.settled)) == ((3, 0, 0), 100, 1)


def test_first_failure_after_a_success_is_a_first_one() -> None:
    busy = RetryableError("busy")
    outcome = serve(Scripted(busy, busy, SendResult(), busy), events(1), events(1))
    assert outcome.slept == [1, 2, 1]


def test_receiver_is_given_the_time_it_asks_for_an_hour_at_most() -> None:
    steps = [RetryableError("", retry_after=asked) for asked in (0.1, 300, 86_400)]
    assert serve(Scripted(*steps), events(1)).slept == [1, 300, 3600]


def test_receiver_that_asks_for_no_sensible_time_gets_the_usual_back_off() -> None:
    steps = [RetryableError("", retry_after=asked) for asked in (0, -1.0, float("nan"), "5")]  # type: ignore[arg-type]
    assert serve(Scripted(*steps), events(1)).slept == [1, 2, 4, 8]


def test_pause_is_no_failure() -> None:
    outcome = serve(Scripted(SendResult(pause=7200)), events(1), events(1))
    assert (outcome.slept, outcome.told, outcome.tally.retries) == ([3600], [], 0)


@pytest.mark.parametrize("fault", [HaltError("token revoked"), ConfigError("no such key"), KeyError("bug"), None, "x"])
def test_halted_output_is_tried_again_ever_more_rarely(fault: Any) -> None:
    output = Scripted(*[lambda _batch: fault] * 5)
    outcome = serve(output, events(2))
    assert outcome.slept == [120, 240, 480, 900, 900]
    assert (outcome.counts, output.sizes) == ((2, 0, 0), [2] * 6)
    assert outcome.told == [(HALTED, "start"), (HALTED, "end")]


def test_output_that_cannot_be_built_anew_is_halted() -> None:
    first, second = Scripted(at_open=[RetryableError("not yet")]), Scripted()
    made: list[Any] = [first, ConfigError("the file of the token is gone"), second]

    def make() -> object:
        one = made.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    outcome = Watched(deploy(make)).deliver(events(2))
    assert outcome.slept == [1, 120]
    assert outcome.told == [(HALTED, "start"), (HALTED, "end")]
    assert "is halted: outputs.standin: the file of the token is gone" in outcome.notices[0].message
    assert second.sizes == [2]


def test_short_trouble_is_told_to_nobody() -> None:
    outcome = serve(Scripted(*[RetryableError("busy")] * 2), events(1))
    assert (outcome.slept, outcome.notices) == ([1, 2], [])
    assert outcome.worker.last_error == "busy"


def test_trouble_of_more_than_five_seconds_is_told_once_and_so_is_its_end() -> None:
    outcome = serve(Scripted(*[RetryableError("no\x1b[31m route")] * 20), events(1))
    start, end = outcome.notices
    assert outcome.told == [(UNREACHABLE, "start"), (UNREACHABLE, "end")]
    assert {start.about, end.about} == {"standin"}
    assert start.details == {"output": "standin"}
    assert start.message.startswith("outputs.standin: is not reached: no\\x1b[31m route: ")


def test_only_one_outage_is_open_at_a_time() -> None:
    busy, halt = RetryableError("busy"), HaltError("token revoked")
    outcome = serve(Scripted(busy, busy, busy, halt, busy, halt), events(1))
    assert outcome.told == [(UNREACHABLE, "start"), (UNREACHABLE, "end"), (HALTED, "start"), (HALTED, "end")]


def test_receiver_that_wants_every_event_again_is_told_of() -> None:
    outcome = serve(Scripted(*[SendResult(retry=[0, 1])] * 9), events(2))
    assert outcome.told == [(UNREACHABLE, "start"), (UNREACHABLE, "end")]
    assert outcome.counts == (2, 0, 0)


def test_state_says_what_the_output_does_at_present() -> None:
    states: list[str] = []

    def look(step: Step) -> Step:
        def send(_batch: object) -> object:
            states.append(watched.worker.state)
            return step

        return send

    steps = [look(RetryableError("busy")), look(HaltError("stop")), look(SendResult()), look(SendResult())]
    output = Scripted(*steps)
    watched = Watched(deploy(lambda: output))
    watched.deliver(events(1), events(1))
    assert states == ["sending", "retrying", "halted", "sending"]
    assert watched.worker.state == "stopped"


def test_bug_is_logged_with_its_package_and_where_it_is_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "acctship")
    serve(Scripted(ZeroDivisionError("by\nzero")), events(1))
    shown, where = caplog.records
    assert (shown.levelname, shown.getMessage()) == (
        "ERROR",
        "outputs.standin: a bug in standin 1: ZeroDivisionError: by\\x0azero",
    )
    assert where.levelname == "DEBUG"
    assert where.exc_info is not None


def test_exception_that_cannot_be_printed_stops_nothing() -> None:
    class MuteError(RuntimeError):
        def __str__(self) -> str:
            raise ValueError

    outcome = serve(Scripted(MuteError()), events(1))
    assert outcome.counts == (1, 0, 0)
    assert outcome.worker.last_error == "a bug in standin 1: MuteError: MuteError"


def test_threads_that_fail_together_fail_once() -> None:
    together = threading.Barrier(3)

    def fail_together(_batch: object) -> Step:
        together.wait(timeout=30)
        return RetryableError("busy")

    output = Scripted(*[fail_together] * 3, *[RetryableError("busy")] * 3)
    outcome = serve(output, *[events(1) for _ in range(3)], in_flight=3)
    assert outcome.counts == (3, 0, 0)
    assert set(outcome.slept) == {1, 2, 4, 8}


def test_threads_that_halt_together_halt_once() -> None:
    together = threading.Barrier(3)

    def halt_together(_batch: object) -> Step:
        together.wait(timeout=30)
        return HaltError("token revoked")

    outcome = serve(Scripted(*[halt_together] * 3), *[events(1) for _ in range(3)], in_flight=3)
    assert set(outcome.slept) == {120}
    assert outcome.told == [(HALTED, "start"), (HALTED, "end")]


def test_threads_send_side_by_side_again_after_a_success() -> None:
    both = threading.Barrier(2)
    met: list[bool] = []

    def meet(_batch: object) -> Step:
        try:
            both.wait(timeout=10)
            met.append(True)
        except threading.BrokenBarrierError:
            met.append(False)
        return SendResult()

    output = Scripted(RetryableError("busy"), SendResult(), meet, meet)
    watched = Watched(deploy(lambda: output, in_flight=2))
    watched.worker.start()
    watched.put(events(1))
    watched.worker.drain()
    watched.put(events(1), events(1))
    watched.worker.drain()
    watched.worker.stop(0)
    assert met == [True, True]


def test_parcel_whose_halves_are_delivered_at_the_same_time_is_settled_once() -> None:
    def report(notice: Notice) -> None:
        watched.notices.append(notice)
        if notice.phase == "end":  # after one half was counted: stay until the other half is, too
            wait_until(lambda: watched.tally.delivered == 2)

    output = Scripted(HaltError("stop"), TooLargeError("at most 1"))
    watched = Watched(deploy(lambda: output, in_flight=2), report=report)
    watched.deliver(events(2))
    assert (output.sizes, len(watched.settled)) == ([2, 2, 1, 1], 1)


def test_success_of_a_send_that_began_before_the_failure_ends_no_outage() -> None:
    inside, failed = threading.Event(), threading.Event()
    told: list[list[tuple[str, str]]] = []

    class Output(Scripted):
        def send(self, batch: Any, /) -> SendResult:
            if len(batch) == 1:
                inside.set()
                failed.wait()
                return SendResult()
            inside.wait()
            told.append(list(watched.told))
            return super().send(batch)

    def report(notice: Notice) -> None:
        watched.notices.append(notice)
        failed.set()

    output = Output(HaltError("token revoked"))
    watched = Watched(deploy(lambda: output, in_flight=2), report=report)
    watched.deliver(events(1), events(2))
    assert told == [[], [(HALTED, "start")]]
    assert watched.told == [(HALTED, "start"), (HALTED, "end")]


def test_event_too_large_alone_is_a_dead_letter_and_its_parcel_is_settled() -> None:
    outcome = serve(Scripted(TooLargeError("413"), TooLargeError("413")), events(2))
    assert outcome.rejected == {events(2).ids[0]: "too large: 413"}
    assert [rejected for _, rejected in outcome.settled] == [{0: "too large: 413"}]


def test_callback_that_raises_what_it_must_not_ends_the_worker() -> None:
    def report(_notice: object) -> None:
        raise ValueError("a bug of ours")

    watched = Watched(deploy(lambda: Scripted(HaltError("stop"))), report=report)
    watched.worker.start()
    watched.put(events(1))
    assert not watched.worker.drain()
    assert isinstance(watched.worker.gone, ValueError)
    assert (watched.worker.state, watched.settled) == ("stopped", [])
