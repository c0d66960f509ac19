"""The part of the suite in which nothing is wrong with the receiver: every event arrives, once, whatever is in it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from acctship.deployed import Deployed
from acctship.errors import ConfigError
from acctship.events.batch import EventBatch
from acctship.output import Output
from acctship.testing.case import Case
from acctship.testing.checks import (
    expect_arrived,
    expect_no_others,
    expect_no_repetition,
    expect_result,
    fail,
    some,
)
from acctship.testing.delivering import Delivered
from acctship.testing.events import events, hostile_events, huge_events
from acctship.testing.receiver import Receiver
from acctship.testing.watching import Watch, limited

MANY = 10_000
THREADS = 4


class Arriving(Case):
    """What arrives."""

    def test_empty_batch_is_taken_and_nothing_arrives(self, receiver: Receiver, output: Output) -> None:
        result = self.ask("send() of an empty batch", lambda: output.send(EventBatch([])))
        expect_result(result, 0)
        expect_no_others(receiver, [])

    def test_one_event_arrives_once(self, receiver: Receiver, deployed: Deployed, watch: Watch) -> None:
        self._all_arrive(receiver, deployed, watch, events(1))

    def test_many_events_arrive_once_each(self, receiver: Receiver, deployed: Deployed, watch: Watch) -> None:
        batch = events(MANY)
        self._all_arrive(receiver, deployed, watch, *(batch[at : at + 1000] for at in range(0, MANY, 1000)))

    def test_returned_send_means_that_its_events_have_arrived(
        self, receiver: Receiver, output: Output, deployed: Deployed
    ) -> None:
        settle = 0 if deployed.limits.guarantee == "acknowledged" else self.patience
        for batch in (events(10), events(10, first_pid=11)):
            result = expect_result(self.ask("send()", partial(output.send, batch)), 10)
            others = {*result.rejected, *result.retry}
            acknowledged = [one for at, one in enumerate(batch.ids) if at not in others]
            expect_arrived(
                receiver,
                acknowledged,
                settle,
                f"send() had acknowledged them, and the guarantee is {deployed.limits.guarantee!r}: return only when "
                "it holds",
            )

    def test_hostile_names_and_labels_arrive(self, receiver: Receiver, deployed: Deployed, watch: Watch) -> None:
        self._all_arrive(receiver, deployed, watch, hostile_events())

    def test_event_above_the_limit_of_bytes_arrives_or_is_rejected(
        self, receiver: Receiver, deployed: Deployed, watch: Watch
    ) -> None:
        huge, ordinary = huge_events(1, deployed.limits.batch_bytes + 1), events(3)
        done = self.deliver(deployed, watch, huge, ordinary)
        expect_arrived(
            receiver,
            [*ordinary.ids, *(set(huge.ids) - done.rejected.keys())],
            self.patience,
            "an event of more than batch_bytes comes alone in its batch: deliver it, reject it, or raise TooLargeError "
            "(one that is alone then counts as rejected)",
        )
        if others := done.rejected.keys() - set(huge.ids):
            fail(f"ordinary events were rejected beside a huge one: {some(others)}")
        expect_no_others(receiver, [huge, ordinary])

    def test_threads_of_one_output_do_not_disturb_each_other(
        self, receiver: Receiver, deployed: Deployed, watch: Watch
    ) -> None:
        threads = max(THREADS, deployed.limits.in_flight)
        several = limited(deployed, in_flight=threads, batch_events=10)
        try:
            several.build()
        except ConfigError:
            pytest.skip("the output refuses in_flight above 1, and says so")
        batch = events(1000)
        done = self.deliver(several, watch, *(batch[at : at + 50] for at in range(0, 1000, 50)))
        self._expect_all(receiver, done, [batch], f"{threads} threads called send() of one object at once")

    def _all_arrive(self, receiver: Receiver, deployed: Deployed, watch: Watch, *batches: EventBatch) -> None:
        done = self.deliver(deployed, watch, *batches)
        self._expect_all(receiver, done, batches, "nothing is wrong with the receiver")

    def _expect_all(self, receiver: Receiver, done: Delivered, batches: Sequence[EventBatch], why: str) -> None:
        if done.rejected:
            fail(f"{len(done.rejected)} events were rejected, though {why}: {some(done.rejected.values())}")
        expect_arrived(receiver, (one for batch in batches for one in batch.ids), self.patience, why)
        expect_no_others(receiver, batches)
        expect_no_repetition(receiver)
