"""What the worker does with each outcome of `send`, against outputs that stand in for faults."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from acctship import HaltError, RetryableError, SendResult, TooLargeError
from acctship.delivery.sending.patience import BOUNDED
from tests.delivery.standins import Scripted, deliver, events

ATTEMPTS, LONGEST_PAUSE = 5, 60
assert (BOUNDED.attempts, BOUNDED.longest) == (ATTEMPTS, LONGEST_PAUSE)


def test_returning_delivers_all() -> None:
    output = Scripted()
    outcome = deliver(output, events(5))
    assert outcome.counts == (5, 0, 0)
    assert outcome.tally.complete
    assert (output.opened, output.closed) == (1, 1)


@pytest.mark.parametrize("error", [RetryableError("busy"), ConnectionResetError(104, "reset"), TimeoutError()])
def test_same_batch_comes_again_after_an_error_that_may_pass(error: Exception) -> None:
    output = Scripted(error, error)
    outcome = deliver(output, events(3))
    assert outcome.counts == (3, 0, 0)
    assert (outcome.tally.complete, outcome.tally.retries) == (True, 2)
    assert output.sent == [events(3).ids] * 3
    again = 0 if isinstance(error, RetryableError) else 2  # the receiver's word, or a lost connection
    assert (output.opened, output.closed) == (1 + again, 1 + again)


def test_waits_grow_with_full_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        asked.append((low, high))
        return high / 2

    monkeypatch.setattr(random, "uniform", uniform)
    outcome = deliver(Scripted(*[RetryableError("busy")] * 4), events(1))
    assert asked == [(0, 1), (0, 2), (0, 4), (0, 8)]
    assert outcome.slept == [0.5, 1, 2, 4]


def test_retry_after_is_honoured_and_capped() -> None:
    outcome = deliver(Scripted(RetryableError("", retry_after=7), RetryableError("", retry_after=86400)), events(1))
    assert outcome.slept == [7, LONGEST_PAUSE]


@pytest.mark.parametrize("asked", [-3.0, float("nan"), float("inf")])
def test_senseless_retry_after_stops_nothing(asked: float) -> None:
    outcome = deliver(Scripted(RetryableError("busy", retry_after=asked)), events(2))
    assert outcome.counts == (2, 0, 0)


def test_attempts_are_bounded_and_what_is_left_is_counted() -> None:
    output = Scripted(*[RetryableError("still busy")] * 99)
    outcome = deliver(output, events(3), events(4))
    assert outcome.counts == (0, 0, 7)
    assert output.sizes == [3] * ATTEMPTS
    assert str(outcome.tally.failure) == f"{ATTEMPTS} attempts failed, the last one: still busy"


def test_attempts_are_counted_anew_after_progress() -> None:
    steps = [TooLargeError("halve it"), SendResult(), *[RetryableError("busy")] * (ATTEMPTS - 1)]
    outcome = deliver(Scripted(*steps), events(2))
    assert outcome.counts == (2, 0, 0)


def test_halt_gives_the_output_up_at_once() -> None:
    output = Scripted(SendResult(), HaltError("token revoked"))
    outcome = deliver(output, events(1), events(2), events(3))
    assert outcome.counts == (1, 0, 5)
    assert output.sizes == [1, 2]
    assert (str(outcome.tally.failure), outcome.slept) == ("token revoked", [])
    assert output.closed == 1


@pytest.mark.parametrize("error", [ZeroDivisionError(), SystemExit(0), KeyboardInterrupt(), MemoryError()])
def test_bug_gives_the_output_up_and_nothing_is_acknowledged(error: BaseException) -> None:
    outcome = deliver(Scripted(error), events(2))
    assert outcome.counts == (0, 0, 2)
    failure = outcome.tally.failure
    assert failure is not None
    assert error in (failure, failure.__cause__)


def test_too_large_halves_until_it_fits_and_keeps_the_order() -> None:
    def three_at_most(batch: Any) -> SendResult | TooLargeError:
        return SendResult() if len(batch) <= 3 else TooLargeError("at most 3")

    output = Scripted(*[three_at_most] * 99)
    outcome = deliver(output, events(10))
    assert outcome.counts == (10, 0, 0)
    taken = [one for sent in output.sent if len(sent) <= 3 for one in sent]
    assert taken == events(10).ids


def test_single_event_that_is_too_large_is_rejected_and_the_others_pass() -> None:
    big = events(8).ids[5]

    def not_the_big_one(batch: Any) -> SendResult | TooLargeError:
        return TooLargeError("413") if big in batch.ids else SendResult()

    outcome = deliver(Scripted(*[not_the_big_one] * 99), events(8))
    assert outcome.counts == (7, 1, 0)
    assert outcome.rejected == {big: "too large: 413"}
    assert not outcome.tally.complete


def test_rejected_positions_are_reported_and_the_rest_is_delivered() -> None:
    outcome = deliver(Scripted(SendResult(rejected={1: "too old", 3: "no"})), events(4))
    assert outcome.counts == (2, 2, 0)
    ids = events(4).ids
    assert outcome.rejected == {ids[1]: "too old", ids[3]: "no"}


def test_positions_to_retry_are_sent_again_alone() -> None:
    output = Scripted(SendResult(rejected={0: "no"}, retry=[2, 3]), SendResult(retry=[1]))
    outcome = deliver(output, events(4))
    assert outcome.counts == (3, 1, 0)
    ids = events(4).ids
    assert output.sent == [ids, [ids[2], ids[3]], [ids[3]]]


def test_retry_without_progress_is_bounded() -> None:
    output = Scripted(*[SendResult(retry=[0])] * 99)
    outcome = deliver(output, events(1))
    assert outcome.counts == (0, 0, 1)
    assert output.sizes == [1] * ATTEMPTS


def test_retry_of_ever_fewer_events_is_progress() -> None:
    outcome = deliver(Scripted(*[SendResult(retry=range(1, left)) for left in range(9, 1, -1)]), events(9))
    assert outcome.counts == (9, 0, 0)


def test_pause_delays_the_next_batch_and_is_capped() -> None:
    outcome = deliver(Scripted(SendResult(pause=3), SendResult(pause=86400)), events(1), events(1), events(1))
    assert outcome.counts == (3, 0, 0)
    assert outcome.slept == [3, LONGEST_PAUSE]


@pytest.mark.parametrize("asked", [-3.0, float("nan"), float("inf")])
def test_senseless_pause_stops_nothing(asked: float) -> None:
    assert deliver(Scripted(SendResult(pause=asked)), events(2), events(1)).counts == (3, 0, 0)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        True,
        [],
        SendResult(rejected={2: "outside"}),
        SendResult(rejected={-1: "outside"}),
        SendResult(retry=[2]),
        SendResult(retry=[0, 0]),
        SendResult(rejected={0: "both"}, retry=[0]),
        SendResult(rejected=[0]),  # type: ignore[arg-type]  # what an author without a type checker may write
        SendResult(retry=iter([0])),  # type: ignore[arg-type]
        SendResult(retry=["0"]),  # type: ignore[list-item]
        SendResult(retry=[1.0]),  # type: ignore[list-item]
        SendResult(rejected={0: 404}),  # type: ignore[dict-item]
        SendResult(pause=None),  # type: ignore[arg-type]
    ],
)
def test_answer_that_breaks_the_contract_acknowledges_nothing(answer: object) -> None:
    outcome = deliver(Scripted(answer), events(2))
    assert outcome.counts == (0, 0, 2)
    assert isinstance(outcome.tally.failure, TypeError | ValueError)


@pytest.mark.parametrize("error", [RetryableError("not yet"), ConnectionRefusedError(111, "refused")])
def test_open_that_fails_is_tried_again_on_a_fresh_output(error: Exception) -> None:
    output = Scripted(at_open=[error, error, None])
    outcome = deliver(output, events(2))
    assert outcome.counts == (2, 0, 0)
    assert (output.opened, output.closed) == (3, 3)


@pytest.mark.parametrize("error", [HaltError("bad token"), AttributeError("a bug"), SystemExit(1)])
def test_open_that_cannot_work_gives_the_output_up(error: BaseException) -> None:
    output = Scripted(at_open=[error])
    outcome = deliver(output, events(2))
    assert outcome.counts == (0, 0, 2)
    assert (output.opened, output.closed, output.sent) == (1, 1, [])


def test_output_is_opened_only_when_there_is_something_to_send() -> None:
    output = Scripted()
    assert deliver(output).counts == (0, 0, 0)
    assert (output.opened, output.closed) == (0, 0)


@pytest.mark.parametrize("error", [OSError("disk"), SystemExit(0), ValueError()])
def test_close_that_fails_changes_no_outcome(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def close(_self: Scripted) -> None:
        raise error

    monkeypatch.setattr(Scripted, "close", close)
    assert deliver(Scripted(), events(2)).tally.complete


def test_faults_of_one_output_are_its_own() -> None:
    steps: list[Callable[[Any], object] | BaseException] = [RetryableError("busy"), HaltError("stop")]
    assert deliver(Scripted(*steps), events(1)).counts == (0, 0, 1)
    assert deliver(Scripted(), events(1)).counts == (1, 0, 0)
