"""The part of the suite in which the receiver fails: nothing acknowledged is lost, and all arrives in the end."""

from __future__ import annotations

import threading
from collections.abc import Collection

import pytest

from acctship.deployed import Deployed
from acctship.events.batch import EventBatch
from acctship.testing.case import Case
from acctship.testing.checks import (
    expect_arrived,
    expect_contract,
    expect_no_halt,
    expect_no_others,
    fail,
    named,
    some,
)
from acctship.testing.delivering import deliver
from acctship.testing.events import REJECTED_COMMAND, events
from acctship.testing.receiver import Fault, Receiver
from acctship.testing.switch import Switch, switched
from acctship.testing.watching import Watch, limited

HANG = 1.0
"""The limit `timeout` where no answer may come, in seconds."""
FAILURES = 2
"""Failed attempts after which a fault ends: fewer than those after which the host gives an output up. A hang that
begins later ends after one, for each takes `HANG`: what the second finds is what a hang at `open` shows."""
EVENTS = 90
"""In one `send`: with fewer, an answer might pass as a part of the greeting (see `FaultProxy`)."""
SENDS = 8


class Failing(Case):
    """What becomes of events when the receiver fails."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Try what the receiver can show, and no more."""
        if "fault" in metafunc.fixturenames:
            shown = metafunc.cls.faults if metafunc.cls else ()
            metafunc.parametrize("fault", sorted(set(shown) - {"reject"}))

    def test_events_survive_a_fault_that_is_there_at_open(
        self, receiver: Receiver, deployed: Deployed, watch: Watch, fault: Fault
    ) -> None:
        with switched(receiver.fault(fault)) as switch:
            switch.on()
            batch, failed = self._deliver(limited(deployed, in_flight=1), watch, fault, switch, FAILURES)
        self._expect_survival(receiver, deployed, batch)
        self._expect_trouble(deployed, failed, fault)

    @pytest.mark.parametrize(("at", "threads"), [(1, 1), (4, 1), (4, 4)])
    def test_events_survive_a_fault_that_begins_during_a_send(
        self, receiver: Receiver, deployed: Deployed, watch: Watch, fault: Fault, at: int, threads: int
    ) -> None:
        last_under_way = at
        with switched(receiver.fault(fault)) as switch:

            def begin() -> None:
                nonlocal last_under_way
                switch.on()
                last_under_way = len(watch.calls)

            def before_send(number: int) -> None:
                if number == at:
                    beginning.start()

            beginning = threading.Thread(target=begin)
            watch.before_send = before_send
            batch, _ = self._deliver(limited(deployed, in_flight=threads), watch, fault, switch, _later(fault))
            beginning.join()
        written = deployed.limits.guarantee == "written"  # handed over, and then lost: no such output can know
        doubtful = [one for call in watch.calls[at - 1 : last_under_way] for one in call.acknowledged if written]
        self._expect_survival(receiver, deployed, batch, doubtful)

    def test_events_survive_a_fault_that_begins_after_an_acknowledged_send(
        self, receiver: Receiver, deployed: Deployed, watch: Watch, fault: Fault
    ) -> None:
        with switched(receiver.fault(fault)) as switch:
            watch.before_send = lambda number: switch.on() if number == 2 else None
            batch, failed = self._deliver(limited(deployed, in_flight=1), watch, fault, switch, _later(fault))
        self._expect_survival(receiver, deployed, batch)
        self._expect_trouble(deployed, failed, fault)

    def test_rejected_events_are_named_and_the_others_arrive(
        self, receiver: Receiver, deployed: Deployed, watch: Watch
    ) -> None:
        parts = [events(3), events(2, command=REJECTED_COMMAND, first_pid=10), events(5, first_pid=20)]
        batch, refused = EventBatch([event for part in parts for event in part]), set(parts[1].ids)
        with receiver.fault("reject"):
            done = deliver(deployed, [batch])
        expect_contract(watch)
        if done.failure is not None:
            fail(f"an event that is refused must not stop the others: the output was given up: {named(done.failure)}")
        if wrong := done.rejected.keys() - refused:
            fail(f"{len(wrong)} events were listed in rejected that the receiver does not refuse: {some(wrong)}")
        if silent := refused - done.rejected.keys():
            fail(f"{len(silent)} events that the receiver refuses were lost in silence: list them in rejected")
        if not all(str(why).strip() for why in done.rejected.values()):
            fail("rejected gives no reason: say what the receiver said")
        taken = set(batch.ids) - refused
        expect_arrived(receiver, taken, self.patience, "the receiver refuses others of their batch, and takes these")
        expect_no_others(receiver, parts)

    def test_throttle_says_how_long_to_wait(self, receiver: Receiver, deployed: Deployed, watch: Watch) -> None:
        with switched(receiver.fault("throttle")) as switch:
            switch.on()
            deliver(deployed, [events(1)], lambda _seconds: switch.off())
        expect_contract(watch)
        error, result = (watch.calls[0].error, watch.calls[0].result) if watch.calls else (watch.raised[0][1], None)
        asked = getattr(error, "retry_after", None)
        if asked is None and not (result and (result.retry or result.pause > 0)):
            fail(
                "the receiver said how long to wait, and the output did not pass it on: raise RetryableError(..., "
                "retry_after=SECONDS), or return SendResult(pause=SECONDS) or SendResult(retry=[...])"
            )

    def _deliver(
        self, deployed: Deployed, watch: Watch, fault: Fault, switch: Switch, failures: int
    ) -> tuple[EventBatch, int]:
        """Deliver events in some sends; the fault ends after some failures. Gives the events, and the failures."""
        failed = 0

        def between(_seconds: float) -> None:
            nonlocal failed
            failed += 1
            if failed >= failures:
                switch.off()

        timeout = HANG if fault in ("hang", "lost-ack") else self.patience
        batch = events(EVENTS * SENDS)
        parts = [batch[at : at + EVENTS] for at in range(0, len(batch), EVENTS)]
        done = deliver(limited(deployed, timeout=timeout, batch_events=EVENTS), parts, between)
        expect_contract(watch)
        expect_no_halt(watch, fault)
        if done.rejected:
            fail(f"{len(done.rejected)} events were rejected because of {fault!r}, which passes: raise RetryableError")
        if done.failure is not None:
            fail(
                f"nothing could be sent after {fault!r} was over: {named(done.failure)}: send() of the same object is "
                "called again after RetryableError, and has to drop the old connection and connect by itself"
            )
        return batch, failed

    def _expect_survival(
        self, receiver: Receiver, deployed: Deployed, batch: EventBatch, doubtful: Collection[str] = ()
    ) -> None:
        """See that all arrived, less what the guarantee does not cover, and nothing else."""
        if deployed.limits.guarantee == "best-effort":
            doubtful = batch.ids
        wanted = [one for one in batch.ids if one not in set(doubtful)]
        expect_arrived(
            receiver,
            wanted,
            self.patience,
            "send() said that they were delivered: return only when the receiver has them, and raise RetryableError "
            "when that is not known, for an event that comes twice has the same event.id",
        )
        expect_no_others(receiver, [batch])

    def _expect_trouble(self, deployed: Deployed, failed: int, fault: Fault) -> None:
        """See that a fault which nobody could miss was noticed."""
        if not failed and deployed.limits.guarantee != "best-effort":
            fail(
                f"send() said that all is well while the receiver showed {fault!r}: raise RetryableError when no "
                "answer came (if the receiver did not show it, mend receiver.fault)"
            )


def _later(fault: Fault) -> int:
    """Failed attempts after which a fault ends that was not there at `open`."""
    return 1 if fault == "hang" else FAILURES
