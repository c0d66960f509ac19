"""What receivers will never take: it is kept safe before its parcel is settled. The outputs stand in for faults."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from acctship import EventBatch, HaltError, RetryableError, SendResult
from acctship.delivery.notice import Notice
from acctship.delivery.sending.patience import BOUNDED
from tests.delivery.standins import Scripted, Watched, deliver, deploy, events, serve, wait_until

HALTED = "output-halted"
Letters = Sequence[tuple[bytes, str]]


pytestmark = pytest.mark.usefixtures("longest_waits")


def reject_all(batch: EventBatch) -> SendResult:
    return SendResult(rejected={at: f"no {at}" for at in range(len(batch))})


class Disk:
    """Keeps dead letters once it has raised its errors."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.kept = list(errors), list[tuple[bytes, str]]()
        self.asked = 0

    def __call__(self, letters: Letters) -> None:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        self.kept.extend(letters)


def test_rejected_events_are_kept_as_json_with_their_reasons_before_the_parcel_is_settled() -> None:
    settled_before: list[int] = []

    def keep(letters: Letters) -> None:
        settled_before.append(len(watched.settled))
        watched.letters.extend(letters)

    output = Scripted(SendResult(rejected={2: "too old", 0: "bad \x1b[31m"}))
    watched = Watched(deploy(lambda: output), dead_letter=keep)
    watched.deliver(events(4))
    lines = events(4).json()
    assert watched.letters == [(lines[0], "bad \\x1b[31m"), (lines[2], "too old")]
    assert [rejected for _, rejected in watched.settled] == [{0: "bad \\x1b[31m", 2: "too old"}]
    assert (settled_before, watched.counts) == ([0], (2, 2, 0))


def test_positions_of_rejected_events_are_those_in_the_parcel() -> None:
    steps = [SendResult(retry=[1, 3], rejected={0: "a"}), SendResult(rejected={1: "b"})]
    outcome = serve(Scripted(*steps), events(5))
    assert [rejected for _, rejected in outcome.settled] == [{0: "a", 3: "b"}]


def test_reason_is_cut_to_a_line_that_can_be_read() -> None:
    outcome = serve(Scripted(SendResult(rejected={0: "<html>" + "x" * 99_999})), events(2))
    ((_, why),) = outcome.letters
    assert len(why) == 500


def test_full_disk_halts_until_the_dead_letters_are_kept_and_sends_nothing_twice() -> None:
    disk = Disk(*[OSError(28, "No space left on device", "dead.jsonl")] * 8)
    output = Scripted(SendResult(rejected={1: "never"}))
    outcome = Watched(deploy(lambda: output), dead_letter=disk).deliver(events(3), events(2))
    assert output.sizes == [3, 2]
    assert outcome.counts == (4, 1, 0)
    assert [why for _, why in disk.kept] == ["never"]
    assert outcome.slept == [1, 2, 4, 8, 16, 32, 60, 60]
    assert outcome.told == [(HALTED, "start"), (HALTED, "end")]
    assert "dead letters cannot be kept: [Errno 28] No space left on device: 'dead.jsonl'" in outcome.notices[0].message


def test_nothing_else_ends_the_outage_while_dead_letters_are_not_kept() -> None:
    inside, failed = threading.Event(), threading.Event()

    def send(batch: EventBatch) -> SendResult:
        if len(batch) == 1:
            inside.set()
            failed.wait()
            return SendResult()
        inside.wait()
        return SendResult(rejected={0: "no", 1: "no"})

    def keep(letters: Letters) -> None:
        if not failed.is_set():
            raise OSError(28, "No space left on device")
        wait_until(lambda: len(watched.settled) == 1)
        before.extend(watched.told)
        watched.letters.extend(letters)

    def report(notice: Notice) -> None:
        watched.notices.append(notice)
        failed.set()

    before: list[tuple[str, str]] = []
    output = Scripted(send, send)
    watched = Watched(deploy(lambda: output, in_flight=2), dead_letter=keep, report=report)
    watched.deliver(events(1), events(2))
    assert before == [(HALTED, "start")]
    assert watched.told == [(HALTED, "start"), (HALTED, "end")]


def test_dead_letters_are_handed_over_by_one_thread_at_a_time() -> None:
    both_reject, both_inside = threading.Barrier(2), threading.Barrier(2)
    together: list[bool] = []

    def send(_batch: EventBatch) -> SendResult:
        both_reject.wait(timeout=30)
        return SendResult(rejected={0: "no"})

    def keep(_letters: Letters) -> None:
        try:
            both_inside.wait(timeout=0.2)  # in vain
            together.append(True)
        except threading.BrokenBarrierError:
            together.append(False)

    output = Scripted(send, send)
    Watched(deploy(lambda: output, in_flight=2), dead_letter=keep).deliver(events(1), events(1))
    assert together == [False, False]


def test_full_dead_letter_file_halts() -> None:
    disk = Disk(HaltError("dead.jsonl: has reached 100 MB: look at it"))
    outcome = Watched(deploy(lambda: Scripted(SendResult(rejected={0: "no"}))), dead_letter=disk).deliver(events(1))
    assert (outcome.slept, outcome.told) == ([120], [(HALTED, "start"), (HALTED, "end")])
    assert (disk.asked, len(disk.kept), len(outcome.settled)) == (2, 1, 1)


def test_hundred_rejections_in_a_row_halt_and_the_hundredth_is_not_given_up() -> None:
    output = Scripted(reject_all)
    outcome = serve(output, events(150))
    assert output.sent == [events(150).ids, events(150).ids[99:]]
    assert list(outcome.rejected) == events(150).ids[:99]
    assert outcome.counts == (51, 99, 0)
    assert (outcome.slept, outcome.told) == ([120], [(HALTED, "start"), (HALTED, "end")])
    assert "100 events in a row were rejected, the last one: no 99" in outcome.notices[0].message


def test_streak_goes_on_from_send_to_send() -> None:
    output = Scripted(*[reject_all] * 12)
    outcome = serve(output, *[events(10) for _ in range(12)])
    assert output.sizes == [10] * 10 + [1] + [10] * 2
    assert outcome.told == [(HALTED, "start"), (HALTED, "end")]
    assert outcome.counts == (10, 110, 0)


def test_delivered_event_ends_the_streak() -> None:
    all_but_one = SendResult(rejected=dict.fromkeys(range(1, 500), "no"))
    outcome = serve(
        Scripted(reject_all, all_but_one, reject_all, SendResult(), reject_all),
        *[events(count) for count in (99, 500, 99, 99, 99)],
    )
    assert (outcome.notices, outcome.slept) == ([], [])
    assert outcome.counts == (1 + 99, 99 + 499 + 99 + 99, 0)


def test_receiver_that_rejects_all_after_a_halt_stays_halted_and_is_asked_more_rarely() -> None:
    output = Scripted(*[reject_all] * 3)
    outcome = serve(output, events(300))
    assert output.sizes == [300, 201, 102, 3]
    assert outcome.slept == [120, 240, 480]
    assert outcome.told == [(HALTED, "start"), (HALTED, "end")]


def test_run_that_ends_gives_up_after_a_hundred_rejections_in_a_row() -> None:
    outcome = deliver(Scripted(reject_all), events(150), events(3))
    assert outcome.counts == (0, 99, 54)
    assert str(outcome.tally.failure) == "100 events in a row were rejected, the last one: no 99"


def test_run_that_ends_gives_up_when_dead_letters_cannot_be_kept() -> None:
    full = OSError(28, "No space left on device")
    outcome = Watched(
        deploy(lambda: Scripted(SendResult(rejected={0: "no"}))), patience=BOUNDED, dead_letter=Disk(full)
    )
    outcome.deliver(events(3))
    assert outcome.counts == (2, 0, 1)
    assert (outcome.tally.failure, outcome.settled, outcome.slept) == (full, [], [])


class Poisoned(Scripted):
    """Never takes the first of all events, and not as a rejection; a minute passes with each other parcel."""

    def __init__(self, refusal: Exception | None = None) -> None:
        super().__init__()
        self.refusal, self.refused = refusal, 0
        self.watched: Watched

    def send(self, batch: EventBatch, /) -> SendResult:
        poison = events(1).ids[0]
        at = [position for position, one in enumerate(batch.ids) if one == poison]
        self.refused += len(at)
        if at and self.refused > 1 and self.refusal is not None:
            raise self.refusal
        self.watched.time.now += 60 - 59.99 * bool(at)
        return SendResult(retry=at)


@pytest.mark.parametrize(
    ("refusal", "why"), [(None, "it wants 1 events again"), (RetryableError("503 for this one"), "503 for this one")]
)
def test_event_wanted_again_for_an_hour_while_others_pass_is_a_dead_letter(refusal: Exception | None, why: str) -> None:
    times: list[float] = []

    def keep(letters: Letters) -> None:
        times.append(watched.time.now)
        watched.letters.extend(letters)

    output = Poisoned(refusal)
    output.watched = watched = Watched(deploy(lambda: output), dead_letter=keep)
    start = watched.time.now
    watched.worker.start()
    watched.put(events(2))
    others = events(300)
    for at in range(2, 202):
        watched.put(others[at : at + 1])
    assert watched.worker.drain()
    watched.worker.stop(0)
    assert watched.counts == (201, 1, 0)
    assert watched.letters == [(events(1).json()[0], f"retried for an hour while others passed: {why}")]
    assert start + 3600 <= times[0] <= start + 4200
    assert len(watched.settled) == 201
    assert watched.settled[0][0].batch.ids != events(2).ids  # others passed


def test_event_wanted_again_while_nothing_else_passes_is_kept() -> None:
    output = Scripted(*[SendResult(retry=[0])] * 500)
    outcome = serve(output, events(1))
    assert sum(outcome.slept) > 3600 * 5
    assert outcome.counts == (1, 0, 0)


def test_event_is_not_given_up_for_an_hour_in_which_the_output_was_away() -> None:
    steps = [SendResult(retry=[0]), SendResult(), *[RetryableError("away", retry_after=600)] * 50]
    outcome = serve(Scripted(*steps), events(1), events(1))
    assert outcome.counts == (2, 0, 0)
