"""Keys that contradict each other are refused with what to do, before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

import acctship
from acctship.deployed import Deployed, deploy

DIGEST = "ab" * 32


def made(**keys: Any) -> Deployed:
    table = {"type": "splunk_hec", "url": "https://splunk.example.com:8088", "token": {"env": "HEC_TOKEN"}}
    return deploy("siem", table | keys)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"url": []}, "url: is an empty list"),
        ({"url": "splunk.example.com:8088"}, "url: 'splunk.example.com:8088': expected \"https://HOST:8088\""),
        ({"url": "ftp://a:1"}, "url: 'ftp://a:1': expected"),
        ({"url": "https://a:99999"}, "url: 'https://a:99999': expected"),
        ({"url": "https://a:1/services/collector/event"}, "is added by acctship"),
        ({"url": ["https://a:1", "https://user:secret@b:2"]}, "url: has a password in it, or an @"),
        ({"proxy": "socks5://a:1"}, "proxy: 'socks5://a:1': expected"),
        ({"proxy": "http://user:secret@a:1"}, "proxy: has a password in it, or an @"),
        ({"url": "http://a:1", "ca": "/ca.pem"}, "ca: means nothing without TLS: write https in url"),
        ({"fingerprint": DIGEST, "ca": "/ca.pem"}, "fingerprint: trusts one certificate"),
        ({"index": ""}, "index: is empty"),
        ({"fields": ["event.idd"]}, "fields: 'event.idd' is no field of an event"),
        ({"fields": ["host"]}, "fields: 'host' is no single value: name what is in it: host.name"),
        ({"fields": ["labels"]}, "fields: 'labels' is no single value: name what is in it: labels.NAME"),
        ({"acknowlege": True}, "unknown key; did you mean acknowledge?"),
    ],
)
def test_contradictions_are_refused(keys: dict[str, Any], reason: str) -> None:
    with pytest.raises(acctship.ConfigError) as caught:
        made(**keys).build()
    assert reason in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "guarantee", "least"), [({}, "acknowledged", 300), ({"acknowledge": False}, "written", 60)]
)
def test_guarantee_follows_from_acknowledgements_and_a_send_may_wait_for_them(
    keys: dict[str, Any], guarantee: str, least: float
) -> None:
    limits = made(**keys).limits
    assert limits.guarantee == guarantee
    assert limits.timeout > least


@pytest.mark.parametrize("token", ["with space", "new\nline", "größe"])
def test_token_that_no_header_takes_halts_and_is_not_shown(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEC_TOKEN", token)
    with pytest.raises(acctship.HaltError, match="token: is no token") as caught:
        made().build().open()
    assert token not in str(caught.value)
