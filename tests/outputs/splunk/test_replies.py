"""Each row of Splunk's table of answers: what the host is told, and that the reason is said."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

import acctship
from acctship.events.escape import escape_line
from acctship.outputs.splunk.replies import Reply, Taken, acknowledged, understand
from acctship.testing import events
from tests.outputs.splunk.scripted import CUT, Answer, Said, Scripted, always, first, said
from tests.outputs.splunk.sending import opened

HTML = {"Content-Type": "text/html"}
LATER = [(500, 8), *((503, code) for code in (9, 18, 19, 20, 23)), (429, 26), (429, 27)]
HALT = [(403, 1), (403, 4), (401, 2), (401, 3), *((400, code) for code in (7, 10, 11, 14, 16, 21, 22, 28))]
BAD = (5, 6, 12, 13, 15)


@pytest.mark.parametrize(("status", "code"), LATER)
def test_what_passes_is_tried_again(status: int, code: int, hec: Scripted) -> None:
    with (
        opened(hec) as output,
        hec.saying(first(said(status, code))),
        pytest.raises(acctship.RetryableError, match=f"HTTP {status}, code {code}: text {code}"),
    ):
        output.send(events(3))
    assert hec.indexed == []


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_stands_between_may_say_so_without_a_code(status: int, hec: Scripted) -> None:
    with (
        opened(hec) as output,
        hec.saying(first(Said(status, b"<html>\x1b[31m", HTML))),
        pytest.raises(acctship.RetryableError, match=re.escape(rf"HTTP {status}: <html>\x1b[31m")),
    ):
        output.send(events(3))


@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("soon", None)])
def test_retry_after_is_passed_on(value: str, seconds: float | None, hec: Scripted) -> None:
    with (
        opened(hec) as output,
        hec.saying(first(said(503, 9, headers={"Retry-After": value}))),
        pytest.raises(acctship.RetryableError) as caught,
    ):
        output.send(events(3))
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(("status", "code"), HALT)
def test_wrong_set_up_halts_and_says_what_to_do(status: int, code: int, hec: Scripted) -> None:
    with (
        opened(hec) as output,
        hec.saying(always(said(status, code))),
        pytest.raises(acctship.HaltError, match=f"HTTP {status}, code {code}: text {code}: .{{20}}"),
    ):
        output.send(events(3))
    assert hec.indexed == []


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 400])
def test_who_is_no_hec_halts(status: int, hec: Scripted) -> None:
    with opened(hec) as output, hec.saying(always(Said(status, b"no"))), pytest.raises(acctship.HaltError):
        output.send(events(3))


def test_success_that_is_no_hec_is_none(hec: Scripted) -> None:
    with opened(hec) as output, hec.saying(always(Said(200, b"welcome"))), pytest.raises(acctship.HaltError):
        output.send(events(3))


@pytest.mark.parametrize("code", [24, 25])
def test_queues_that_fill_up_ask_for_a_pause(code: int, hec: Scripted) -> None:
    with opened(hec) as output:
        hec.asked[hec.requests[-1].headers["x-splunk-request-channel"], 0] = 0
        with hec.saying(first(said(200, code, ackId=0))):
            assert output.send(events(3)).pause == 5.0


@pytest.mark.parametrize("code", BAD)
def test_bad_event_alone_is_rejected_and_the_others_are_taken(code: int, hec: Scripted) -> None:
    batch = acctship.EventBatch([*events(3), *events(1, command="reject-me", first_pid=9), *events(4, first_pid=20)])

    def refuse(request: object) -> Answer:
        return None if hec.refuse(request) is None else said(400, code)  # type: ignore[arg-type]  # a Request

    with opened(hec) as output, hec.saying(refuse):
        result = output.send(batch)
    assert {*result.rejected} == {3}
    assert f"code {code}" in result.rejected[3]
    assert {*batch.ids} - {batch.ids[3]} == {*hec.indexed}


@pytest.mark.parametrize("shift", [0, 1, -1, 100, None])
def test_number_of_a_bad_event_is_believed_only_when_it_proves_right(shift: int | None, hec: Scripted) -> None:
    bad = {2, 5}
    batch = acctship.EventBatch(
        [*(events(1, command="reject-me" if at in bad else "true", first_pid=1 + at)[0] for at in range(8))]
    )

    def refuse(request: object) -> Answer:
        answer = hec.refuse(request)  # type: ignore[arg-type]  # a Request
        if not isinstance(answer, Said):
            return None
        number = Reply(400, answer.body).said["invalid-event-number"]
        return said(400, 6) if shift is None else said(400, 6, **{"invalid-event-number": number + shift})

    with opened(hec) as output, hec.saying(refuse):
        assert {*output.send(batch).rejected} == bad
    assert {*hec.indexed} == {one for at, one in enumerate(batch.ids) if at not in bad}


def test_what_is_left_when_the_server_goes_down_in_between_is_asked_for_again(hec: Scripted) -> None:
    batch = acctship.EventBatch([*events(1, command="reject-me"), *events(3, first_pid=5)])
    answers = first(
        said(400, 6, **{"invalid-event-number": 0}), said(400, 6), said(503, 9, headers={"Retry-After": "7"})
    )
    with opened(hec) as output, hec.saying(answers):
        result = output.send(batch)
    assert ({*result.rejected}, list(result.retry), result.pause) == ({0}, [1, 2, 3], 7.0)


def test_too_large_a_batch_in_html_is_halved(hec: Scripted) -> None:
    with opened(hec) as output, hec.saying(always(Said(413, b"<html>", HTML))), pytest.raises(acctship.TooLargeError):
        output.send(events(3))


def test_who_takes_no_gzip_halts(hec: Scripted) -> None:
    with (
        opened(hec) as output,
        hec.saying(always(Said(415, b"<html>", HTML))),
        pytest.raises(acctship.HaltError, match="compress = false"),
    ):
        output.send(events(3))


def test_reset_after_the_body_was_read_is_tried_again(hec: Scripted) -> None:
    with opened(hec) as output, hec.saying(first(CUT)), pytest.raises(acctship.RetryableError, match="reset"):
        output.send(events(3))


def test_token_that_a_server_repeats_is_not_shown(hec: Scripted) -> None:
    gossip = always(Said(400, b"I got 11111111-2222-3333-4444-555555555555"))
    with opened(hec) as output, hec.saying(gossip), pytest.raises(acctship.HaltError) as caught:
        output.send(events(1))
    assert "1111" not in str(caught.value)


@given(st.integers(100, 599), st.binary(max_size=200) | st.sampled_from([b'{"code":0}', b'{"code":6}']), st.text())
def test_only_success_with_a_good_code_is_taken(status: int, body: bytes, retry_after: str) -> None:
    reply = Reply(status, body, retry_after)
    try:
        meaning = understand(reply, "peer", compressed=True)
    except acctship.OutputError as error:
        harmless = escape_line(str(error)) == str(error)
    else:
        harmless = True
        assert not isinstance(meaning, Taken) or (status == 200 and reply.code in (0, 24, 25))
    assert harmless


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.from_regex("[0-9]{1,3}", fullmatch=True), inner),
    max_leaves=10,
)


@given(st.sampled_from([200, 400, 401, 503]), JSON)
def test_only_true_is_an_acknowledgement(status: int, acks: object) -> None:
    import json  # noqa: PLC0415 - of what may be no JSON

    reply = Reply(status, json.dumps({"acks": acks}).encode())
    try:
        true = acknowledged(reply, "peer")
    except acctship.OutputError:
        return
    assert status == 200
    assert isinstance(acks, dict)
    assert all(acks[name] is True for name in acks if name.isascii() and name.isdecimal() and int(name) in true)
