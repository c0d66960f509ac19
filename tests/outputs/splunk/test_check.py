"""`check` tells what is wrong apart, and sends no event."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

import acctship
from acctship.delivery.sending.asking import ask
from tests.outputs.splunk.scripted import Script, Scripted, always, said
from tests.outputs.splunk.sending import deployed
from tests.servers.certificates import Authority
from tests.servers.otelcol import Collector


def wrong_index(request: Any) -> Any:
    return said(400, 7) if any("index" in one for one in request.objects) else None


@pytest.mark.parametrize(
    ("script", "error", "reason"),
    [
        (always(said(403, 4)), acctship.HaltError, "it does not know the token: check token"),
        (always(said(403, 1)), acctship.HaltError, "the token is disabled"),
        (wrong_index, acctship.HaltError, "check index"),
        (always(said(400, 14), "/ack"), acctship.HaltError, "acknowledgements are off for this token"),
        (always(said(503, 9), "/health"), acctship.RetryableError, "code 9"),
    ],
)
def test_each_fault_has_its_own_words(script: Script, error: type[Exception], reason: str, hec: Scripted) -> None:
    with hec.saying(script), pytest.raises(error, match=reason):
        ask(deployed(hec, index="main"))
    assert hec.indexed == []


def test_all_is_well(hec: Scripted) -> None:
    said = ask(deployed(hec, index="main"))
    assert said is not None
    assert "the token is good, acknowledgements are on, index main is not refused" in said
    assert hec.indexed == []


def test_without_acknowledgements_it_says_what_delivered_means() -> None:
    with Scripted(acks=False) as server:
        assert "delivered means that Splunk has taken it, not that it is indexed" in (
            ask(deployed(server, acknowledge=False)) or ""
        )


def test_token_that_wants_acknowledgements_is_told(hec: Scripted) -> None:
    with pytest.raises(acctship.HaltError, match="set acknowledge = true"):
        ask(deployed(hec, acknowledge=False))


def test_of_several_it_says_which_does_not_answer(hec: Scripted) -> None:
    said = ask(deployed(hec, url=[hec.url, "http://127.0.0.1:9"]))
    assert said is not None
    assert "but 127.0.0.1:9: Connection refused" in said


@pytest.mark.parametrize("acknowledge", [True, False])
def test_real_collector(acknowledge: bool, collector: Collector) -> None:
    keys = {"url": collector.url("hec-ack" if acknowledge else "hec"), "acknowledge": acknowledge, "index": "main"}
    assert "the token is good" in (ask(deployed(None, **keys)) or "")


def test_real_collector_does_not_know_the_token(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEC_TOKEN", "99999999-2222-3333-4444-555555555555")
    with pytest.raises(acctship.HaltError, match="HTTP 401"):
        ask(deployed(None, url=collector.url("hec-ack")))


def test_certificates_are_verified(collector: Collector, authority: Authority, certificate: Any) -> None:
    url, other = collector.url("hec-ack-tls"), authority.issue("another")
    assert "the token is good" in (ask(deployed(None, url=url, ca=str(authority.ca))) or "")
    assert "the token is good" in (ask(deployed(None, url=url, fingerprint=certificate.fingerprint)) or "")
    for keys, reason in (
        ({}, "certificate is not trusted"),
        ({"fingerprint": other.fingerprint}, "shows another certificate"),
        ({"ca": str(authority.ca), "server_name": "other.example.com"}, "certificate is not trusted"),
    ):
        with pytest.raises(acctship.HaltError, match=reason):
            ask(deployed(None, url=url, **keys))


def test_plain_and_tls_are_told_apart(collector: Collector, authority: Authority) -> None:
    with pytest.raises(acctship.HaltError, match="speaks no TLS there"):
        ask(deployed(None, url=collector.url("hec").replace("http:", "https:"), ca=str(authority.ca)))


def test_certificate_that_has_expired_is_told(hec: Scripted, authority: Authority) -> None:
    expired = authority.issue("expired", days=-1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(expired.certificate, expired.key)
    hec.socket = context.wrap_socket(hec.socket, server_side=True)
    with pytest.raises(acctship.HaltError, match="its certificate is not trusted: certificate has expired"):
        ask(deployed(None, url=hec.url.replace("http:", "https:"), ca=str(authority.ca)))
    assert hec.requests == []
