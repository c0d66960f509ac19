"""Whom the output trusts: who is vouched for by an authority, or the one certificate that is pinned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import acctship
from acctship.testing import events
from tests.outputs.elasticsearch.scripted import Scripted
from tests.outputs.elasticsearch.sending import opened
from tests.servers.certificates import Authority, Issued


@pytest.fixture
def tls(certificate: Issued) -> Iterator[Scripted]:
    with Scripted(certificate=(certificate.certificate, certificate.key)) as made:
        yield made


def test_certificate_of_the_authority_is_trusted(tls: Scripted, authority: Authority) -> None:
    with opened(tls.url, ca=str(authority.ca)) as output:
        assert output.send(events(1)) == acctship.SendResult()


def test_certificate_of_another_authority_halts(tls: Scripted) -> None:
    with opened(tls.url) as output, pytest.raises(acctship.HaltError, match="its certificate is not trusted"):
        output.send(events(1))


def test_certificate_for_another_name_halts_unless_that_name_is_given(authority: Authority) -> None:
    issued = authority.issue("elsewhere", alternatives="DNS:es.example")
    with Scripted(certificate=(issued.certificate, issued.key)) as server:
        with opened(server.url, ca=str(authority.ca)) as output, pytest.raises(acctship.HaltError, match="not trusted"):
            output.send(events(1))
        with opened(server.url, ca=str(authority.ca), server_name="es.example") as output:
            assert output.send(events(1)) == acctship.SendResult()


def test_pinned_certificate_is_trusted_and_no_other(tls: Scripted, certificate: Issued) -> None:
    with opened(tls.url, fingerprint=certificate.fingerprint) as output:
        assert output.send(events(1)) == acctship.SendResult()
    with opened(tls.url, fingerprint="0f" * 32) as output, pytest.raises(acctship.HaltError) as error:
        output.send(events(1))
    assert f"shows another certificate, with fingerprint {certificate.fingerprint}" in str(error.value)


def test_pinned_certificate_has_to_be_the_servers_and_not_one_that_it_shows_with_its_own(
    certificate: Issued, authority: Authority, tmp_path: Path
) -> None:
    """The client would trust whatever a pinned authority has issued, to whomever."""
    own, chain = authority.issue("somebody"), tmp_path / "chain.pem"
    for pinned in (authority.ca, certificate.certificate):
        chain.write_text(own.certificate.read_text() + pinned.read_text())
        with Scripted(certificate=(chain, own.key)) as server:
            fingerprint = Issued(pinned, own.key).fingerprint
            with opened(server.url, fingerprint=fingerprint) as output, pytest.raises(acctship.HaltError):
                output.send(events(1))
            assert server.asked == []


def test_plain_server_behind_https_halts(scripted: Scripted, authority: Authority) -> None:
    url = scripted.url.replace("http:", "https:")
    with opened(url, ca=str(authority.ca)) as output, pytest.raises(acctship.HaltError, match="speaks no TLS there"):
        output.send(events(1))


def test_missing_file_of_authorities_halts_at_open() -> None:
    with pytest.raises(acctship.HaltError, match="ca /not/there: No such file"), opened("https://a:1", ca="/not/there"):
        pass
