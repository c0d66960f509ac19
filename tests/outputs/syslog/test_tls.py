"""TLS: certificates right and wrong in each way, with a real rsyslog; and that its end loses nothing."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from acctship import HaltError, RetryableError, Secret
from acctship.outputs.syslog.config import Config
from acctship.testing import events
from tests.cli.service import until
from tests.outputs.syslog.conftest import StartRsyslog
from tests.outputs.syslog.sending import built, ids, opened
from tests.outputs.syslog.standin import StandIn
from tests.servers.certificates import Authority, Issued
from tests.servers.rsyslog import Listening

TRANSPORTS: tuple[Listening, ...] = ("tls", "relp+tls")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that nobody trusts."""
    return Authority(tmp_path_factory.mktemp("certificates") / "stranger")


def ours(issued: Issued) -> Mapping[str, Any]:
    return {"certificate": issued.certificate, "key": issued.key}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("trust", ["ca", "fingerprint", "server_name"])
def test_right_certificates(
    transport: Listening, trust: str, rsyslog: StartRsyslog, authority: Authority, certificate: Issued
) -> None:
    server = rsyslog(transport, ca=authority.ca)
    spaced = ":".join(certificate.fingerprint[at : at + 2] for at in range(0, 64, 2))
    keys: Mapping[str, Mapping[str, Any]] = {
        "ca": {"ca": authority.ca},
        "fingerprint": {"fingerprint": f"SHA256:{spaced.upper()}"},
        "server_name": {"ca": authority.ca, "server_name": "localhost"},
    }
    batch = events(3)
    with opened(transport, server.address(transport), **keys[trust], **ours(authority.issue("client"))) as output:
        output.send(batch)
    until(lambda: ids(server.messages()) == list(batch.ids), "they have arrived")


Wrong = Callable[[Authority, Authority], Mapping[str, Any]]

OF_THE_SERVER: Mapping[str, tuple[Wrong, str]] = {
    "other authority": (lambda _, stranger: {"ca": stranger.ca}, "its certificate is not trusted: .*: check ca"),
    "no authority": (lambda *_: {}, "its certificate is not trusted: .*: check ca"),
    "other name": (
        lambda authority, _: {"ca": authority.ca, "server_name": "example.com"},
        "is not trusted: Hostname mismatch, certificate is not valid for 'example.com': check ca, server_name",
    ),
    "no name": (lambda authority, _: {"ca": authority.ca, "server_name": ".example"}, "check server_name"),
    "other fingerprint": (
        lambda *_: {"fingerprint": "0" * 64},
        "shows another certificate, with fingerprint [0-9a-f]+",
    ),
    "ca is missing": (lambda *_: {"ca": "/nowhere/ca.pem"}, "ca /nowhere/ca.pem: No such file or directory"),
    "ca is none": (lambda *_: {"ca": __file__}, "ca .*: holds no certificates in PEM"),
}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("wrong", OF_THE_SERVER)
def test_server_that_is_not_trusted_gets_nothing(
    transport: Listening, wrong: str, rsyslog: StartRsyslog, authority: Authority, stranger: Authority
) -> None:
    server = rsyslog(transport)
    keys, message = OF_THE_SERVER[wrong]
    output = built(transport, server.address(transport), **keys(authority, stranger))
    with pytest.raises(HaltError, match=message):
        output.open()
    with pytest.raises(HaltError, match=message):
        output.send(events(1))
    output.close()
    assert server.messages() == []


def test_expired_certificate_of_the_server(authority: Authority) -> None:
    expired = authority.issue("expired", days=-1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(expired.certificate, expired.key)
    with StandIn(context) as server:
        output = built("tls", f"127.0.0.1:{server.port}", ca=authority.ca)
        with pytest.raises(HaltError, match="its certificate is not trusted: certificate has expired"):
            output.open()
        output.close()


def _mixed(authority: Authority, _: Authority) -> Mapping[str, Any]:
    return {"certificate": authority.issue("one").certificate, "key": authority.issue("two").key}


OF_OURS: Mapping[str, tuple[Wrong, str]] = {
    "missing": (lambda *_: {"certificate": "/nowhere/our.pem"}, "certificate /nowhere/our.pem: No such file"),
    "key is missing": (
        lambda authority, _: {"certificate": authority.ca, "key": "/nowhere/our.key"},
        "key /nowhere/our.key: No such file",
    ),
    "no key": (lambda authority, _: {"certificate": authority.ca}, "certificate .*: expected both in PEM"),
    "key of another": (_mixed, "certificate .*, key .*: the key is of another certificate"),
    "encrypted": (
        lambda authority, _: ours(authority.issue("locked", password="correct horse")),
        "the key is encrypted: key_password is missing or wrong",
    ),
}


@pytest.mark.parametrize("wrong", OF_OURS)
def test_files_of_ours_that_are_wrong(wrong: str, authority: Authority, stranger: Authority) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with StandIn(context) as server:
        keys, message = OF_OURS[wrong]
        output = built("tls", f"127.0.0.1:{server.port}", ca=authority.ca, **keys(authority, stranger))
        with pytest.raises(HaltError, match=message):
            output.open()
        output.close()


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", ["none", "of a stranger", "expired"])
def test_client_that_is_not_trusted_is_told(
    transport: Listening, kind: str, rsyslog: StartRsyslog, authority: Authority, stranger: Authority
) -> None:
    server = rsyslog(transport, ca=authority.ca)
    keys: Mapping[str, Any] = {
        "none": {},
        "of a stranger": ours(stranger.issue("client")),
        "expired": ours(authority.issue("old", days=-1)),
    }[kind]
    output = built(transport, server.address(transport), ca=authority.ca, **keys)
    told = "refuses our certificate: .*: check certificate and key|closed the connection|reset by peer"
    with pytest.raises((HaltError, RetryableError), match=told):  # rsyslog with GnuTLS says nothing, and closes
        output.open()
    with pytest.raises((HaltError, RetryableError), match=told):
        output.send(events(90))
    output.close()
    assert server.messages() == []


def test_password_of_the_key_comes_from_a_secret(rsyslog: StartRsyslog, authority: Authority, tmp_path: Path) -> None:
    server, locked = rsyslog("tls", ca=authority.ca), authority.issue("locked", password="correct horse")
    (tmp_path / "password").write_text("correct horse\n")
    config = Config(
        transport="tls",
        address=server.address("tls"),
        ca=str(authority.ca),
        certificate=str(locked.certificate),
        key=str(locked.key),
        key_password=Secret("file", str(tmp_path / "password")),
    )
    output = config.output(config.delivery())
    output.open()
    output.send(events(1))
    output.close()
    until(lambda: len(server.messages()) == 1, "it has arrived")


def test_tls_before_1_2_is_refused(authority: Authority, certificate: Issued) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1 is deprecated"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.load_cert_chain(certificate.certificate, certificate.key)
    with StandIn(context) as server:
        output = built("tls", f"127.0.0.1:{server.port}", ca=authority.ca)
        with pytest.raises(HaltError, match=r"refuses TLS 1\.2 and later|speaks no TLS there, or none from 1\.2 on"):
            output.open()
        output.close()


def test_server_without_tls_is_told(rsyslog: StartRsyslog, authority: Authority) -> None:
    output = built("relp+tls", rsyslog("relp").address("relp"), ca=authority.ca)
    with pytest.raises(HaltError, match=r"speaks no TLS there, or none from 1\.2 on: .*: check address and port"):
        output.open()
    output.close()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_close_right_after_the_last_send_loses_nothing(
    transport: Listening, rsyslog: StartRsyslog, authority: Authority
) -> None:
    server, batch = rsyslog(transport), events(5000)
    with opened(transport, server.address(transport), ca=authority.ca) as output:
        for at in range(0, 5000, 1000):
            output.send(batch[at : at + 1000])
    until(lambda: ids(server.messages()) == list(batch.ids), "all have arrived, in order")


def test_files_are_read_anew_at_each_connection(
    rsyslog: StartRsyslog, authority: Authority, stranger: Authority, tmp_path: Path
) -> None:
    server, ca = rsyslog("tls"), tmp_path / "ca.pem"
    ca.write_bytes(stranger.ca.read_bytes())
    output = built("tls", server.address("tls"), ca=ca)
    with pytest.raises(HaltError):
        output.open()
    ca.write_bytes(authority.ca.read_bytes())
    output.send(events(1))
    output.close()
    until(lambda: len(server.messages()) == 1, "it has arrived")
