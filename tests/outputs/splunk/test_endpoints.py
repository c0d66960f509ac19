"""Several URLs: batches are spread, one that fails is left out until it is well; and a proxy in between."""

from __future__ import annotations

import pytest

import acctship
from acctship.outputs.splunk import endpoints
from acctship.testing import events
from tests.cli.service import until
from tests.outputs.splunk.proxy import Proxy
from tests.outputs.splunk.scripted import CUT, Answer, Scripted, always, first, said
from tests.outputs.splunk.sending import deployed, opened
from tests.servers.certificates import Authority
from tests.servers.otelcol import Collector


def test_batches_are_spread(hec: Scripted) -> None:
    with Scripted() as other, opened(hec, url=[hec.url, other.url]) as output:
        for at in range(1, 7):
            output.send(events(1, first_pid=at))
        assert (len(hec.indexed), len(other.indexed)) == (3, 3)
        channels = {one.headers["x-splunk-request-channel"] for server in (hec, other) for one in server.posts()}
    assert len(channels) == 2


@pytest.mark.parametrize("answer", [said(503, 9), said(403, 4), CUT])
def test_one_that_fails_is_left_out_and_the_batch_goes_to_the_next(answer: Answer, hec: Scripted) -> None:
    with Scripted() as other, opened(hec, url=[hec.url, other.url]) as output, hec.saying(always(answer)):
        for at in range(1, 7):
            output.send(events(1, first_pid=at))
        assert len(hec.posts()) == 1
        assert len(other.indexed) == 6


def test_one_that_failed_is_used_again_once_it_is_well(hec: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "_FIRST", 0.01)
    pids = iter(range(1, 10_000))
    with Scripted() as other, opened(hec, url=[hec.url, other.url]) as output, hec.saying(first(said(503, 9))):

        def again() -> bool:
            output.send(events(1, first_pid=next(pids)))
            return len(hec.indexed) > 0 and len(other.indexed) > 0

        until(again, "both are used")
        assert len({*hec.indexed, *other.indexed}) == next(pids) - 1


def test_where_none_works_the_reasons_of_all_are_told(hec: Scripted) -> None:
    with (
        Scripted() as other,
        opened(hec, url=[hec.url, other.url]) as output,
        hec.saying(always(said(503, 9, headers={"Retry-After": "7"}))),
        other.saying(always(said(403, 4))),
        pytest.raises(acctship.RetryableError, match=r"code 9.*code 4|code 4.*code 9") as caught,
    ):
        output.send(events(1))
    assert caught.value.retry_after == 7


def test_where_each_needs_a_person_it_halts(hec: Scripted) -> None:
    with (
        Scripted() as other,
        opened(hec, url=[hec.url, other.url]) as output,
        hec.saying(always(said(403, 4))),
        other.saying(always(said(403, 1))),
        pytest.raises(acctship.HaltError),
    ):
        output.send(events(1))


def test_proxy_gets_requests_in_the_clear(hec: Scripted) -> None:
    with Proxy() as proxy, opened(hec, proxy=proxy.url) as output:
        output.send(events(3))
    assert len(hec.indexed) == 3
    assert proxy.asked[0] == f"GET {hec.url}/services/collector/health HTTP/1.1"


def test_proxy_sees_no_more_of_tls_than_a_name(collector: Collector, authority: Authority) -> None:
    before, url = len(collector.messages()), collector.url("hec-ack-tls")
    with Proxy() as proxy:
        output = deployed(None, url=url, ca=str(authority.ca), proxy=proxy.url).build()
        output.open()
        output.send(events(3))
        output.close()
    assert len(collector.messages()) - before == 3
    assert {*proxy.asked} == {f"CONNECT {url.removeprefix('https://')} HTTP/1.0"} or {*proxy.asked} == {
        f"CONNECT {url.removeprefix('https://')} HTTP/1.1"
    }


def test_proxy_that_does_not_let_us_through_is_told(collector: Collector, authority: Authority) -> None:
    with Proxy() as proxy:
        proxy.refusing = True
        output = deployed(None, url=collector.url("hec-ack-tls"), ca=str(authority.ca), proxy=proxy.url).build()
        with pytest.raises(acctship.RetryableError, match=r"the proxy does not let us through: .*403"):
            output.open()
        output.close()
