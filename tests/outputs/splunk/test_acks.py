"""Acknowledgements: when a batch counts as written, and when nobody can know."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import acctship
from acctship.outputs.splunk.acks import Acks
from acctship.testing import deliver, events
from tests.cli.service import until
from tests.outputs.splunk.scripted import CUT, Answer, Request, Said, Scripted, always, first, said
from tests.outputs.splunk.sending import deployed, opened


def test_send_waits_until_the_number_is_true(hec: Scripted) -> None:
    hec.delayed = 3
    with opened(hec) as output:
        output.send(events(3))
    assert hec.polls() == [[0]] * 4


def test_all_that_wait_are_asked_for_at_once(hec: Scripted) -> None:
    hec.delayed = 50
    with opened(hec) as output, ThreadPoolExecutor(8) as threads:
        done = [threads.submit(output.send, events(1, first_pid=at)) for at in range(1, 9)]
        assert [one.result() for one in done] == [acctship.SendResult()] * 8
    assert list(range(8)) in hec.polls()
    assert len({one.headers["x-splunk-request-channel"] for one in hec.requests}) == 1


def test_number_that_stays_false_is_sent_again_after_the_time_limit(hec: Scripted) -> None:
    hec.delayed = 1_000_000
    with opened(hec, ack_timeout=0.2) as output, pytest.raises(acctship.RetryableError, match="no acknowledgement"):
        output.send(events(1))


def test_answer_that_is_lost_may_have_been_the_only_one(hec: Scripted) -> None:
    """The server has said true, and forgotten it: the batch comes twice, long before the time limit."""

    def lose(request: Request) -> Answer:
        if not request.path.endswith("/ack") or len(hec.polls()) > 1:
            return None
        hec.plain(request)
        return CUT

    with hec.saying(lose):
        done = deliver(deployed(hec), [events(1)])
    assert done.acknowledged == 1
    assert len(hec.indexed) == 2
    assert len(set(hec.indexed)) == 1


@pytest.mark.parametrize(
    "answer", [said(500, 8), said(503, 9), Said(200, b"{}"), Said(200, b"<html>"), Said(404, b'{"acks":{"0":true}}')]
)
def test_error_is_no_acknowledgement(answer: Said, hec: Scripted) -> None:
    with (
        opened(hec, ack_timeout=0.3) as output,
        hec.saying(always(answer, "/ack")),
        pytest.raises(acctship.RetryableError, match="no acknowledgement"),
    ):
        output.send(events(1))


def test_questions_go_on_after_errors(hec: Scripted) -> None:
    with opened(hec) as output, hec.saying(first(said(503, 9), Said(200, b"?"), said(500, 8), path="/ack")):
        assert output.send(events(1)) == acctship.SendResult()


def test_acknowledgements_that_are_switched_off_halt_with_the_reason(hec: Scripted) -> None:
    with (
        opened(hec) as output,
        hec.saying(always(said(400, 14), "/ack")),
        pytest.raises(acctship.HaltError, match="Splunk Cloud gives it to Kinesis Firehose alone"),
    ):
        output.send(events(1))


def test_missing_number_halts_with_the_reason() -> None:
    with (
        Scripted(acks=False) as server,
        opened(server) as output,
        pytest.raises(acctship.HaltError, match=r"gives no ackId: .* set acknowledge = false"),
    ):
        output.send(events(1))


def test_number_that_is_given_twice_is_believed_of_neither(hec: Scripted) -> None:
    hec.delayed = 1_000_000
    results: list[BaseException] = []

    def send(pid: int) -> None:
        try:
            output.send(events(1, first_pid=pid))
        except acctship.RetryableError as error:
            results.append(error)

    with opened(hec) as output:
        one = threading.Thread(target=send, args=(1,))
        one.start()
        until(lambda: len(hec.polls()) > 0, "the first one waits")
        with hec.saying(first(said(200, 0, ackId=0))):
            send(2)
        one.join()
    assert ["same ackId twice" in str(error) for error in results] == [True, True]


def test_true_while_another_batch_may_get_the_number_is_not_believed() -> None:
    """A server that began anew gives an old number to a batch whose answer is still on its way."""
    asked, tell = threading.Event(), threading.Event()

    def ask(_channel: str, _numbers: object) -> frozenset[int]:
        asked.set()
        tell.wait(30)
        return frozenset({7})

    acks = Acks(ask, "peer", 30)
    receipt = acks.register(7)
    with acks.posting():
        asked.wait(30)
        tell.set()
        until(lambda: receipt.behind is not None, "it has turned true")
        assert not receipt.is_true
        with pytest.raises(acctship.RetryableError, match="same ackId twice"):
            acks.register(7)
    assert acks.ended


def test_batch_that_is_not_answered_ends_the_channel(hec: Scripted) -> None:
    """The server may have begun anew, and counts from 0 again: what waited then is sent again, on a new channel."""
    hec.delayed = 1_000_000
    waited: list[BaseException] = []

    def wait() -> None:
        try:
            output.send(events(1))
        except acctship.RetryableError as error:
            waited.append(error)

    with opened(hec) as output:
        one = threading.Thread(target=wait)
        one.start()
        until(lambda: len(hec.polls()) > 0, "the first one waits")
        with hec.saying(first(CUT)), pytest.raises(acctship.RetryableError):
            output.send(events(1, first_pid=2))
        one.join()
        hec.delayed = 0
        output.send(events(1, first_pid=3))
    assert "is sent again" in str(waited[0])
    assert len({one.headers["x-splunk-request-channel"] for one in hec.posts()}) == 2


def test_close_ends_a_send_that_waits(hec: Scripted) -> None:
    hec.delayed = 1_000_000
    ended: list[BaseException] = []

    def send() -> None:
        try:
            output.send(events(1))
        except acctship.RetryableError as error:
            ended.append(error)

    output = deployed(hec).build()
    output.open()
    one = threading.Thread(target=send)
    one.start()
    until(lambda: len(hec.polls()) > 0, "it waits")
    output.close()
    one.join(10)
    assert len(ended) == 1


def test_cookies_of_a_balancer_are_sent_back(hec: Scripted) -> None:
    cookie = {"Set-Cookie": "AWSALB=indexer-2; Path=/; HttpOnly"}
    with hec.saying(always(said(200, 17, headers=cookie), "/health")), opened(hec) as output:
        output.send(events(1))
    assert [one.headers.get("cookie") for one in hec.requests] == [None, "AWSALB=indexer-2", "AWSALB=indexer-2"]
