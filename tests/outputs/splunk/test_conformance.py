"""Output `splunk_hec` passes the suite that every output passes, against the real collector and the stand-in."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from acctship.testing import Fault, FaultProxy, OutputConformance
from acctship.testing.proxy import ProxyFault
from tests.conftest import skip
from tests.outputs.splunk.scripted import Scripted, always, said
from tests.programs import UnavailableError
from tests.servers.certificates import Authority, Issued
from tests.servers.otelcol import Collector, Listening

TOKEN = {"env": "HEC_TOKEN"}
GREETING = 4096
"""Bytes that a client says at most before its first request, where it is TLS."""


def started(folder: Path, way: Listening, certificate: Issued) -> Collector:
    """A collector of its own for each test: it starts at once, and has little to read."""
    try:
        return Collector(folder / "otelcol", way, certificate=certificate)
    except UnavailableError as error:
        skip(str(error))


class Proxied:
    """The real collector behind a proxy that fails."""

    def __init__(self, server: Collector, proxy: FaultProxy, scheme: str, **keys: Any) -> None:
        self._server, self._proxy = server, proxy
        self._keys = {"url": f"{scheme}://localhost:{proxy.port}", **keys}

    def config(self) -> dict[str, Any]:
        return {"type": "splunk_hec", "token": TOKEN, **self._keys}

    def ids(self) -> list[str]:
        return [one["event"]["event"]["id"] for one in self._server.messages()]

    def fault(self, kind: Fault, /) -> AbstractContextManager[object]:
        return self._proxy.fault(cast(ProxyFault, kind))


class TestAcknowledged(OutputConformance):
    faults: ClassVar[Collection[Fault]] = ("down", "hang", "reset", "lost-ack")

    @pytest.fixture
    def receiver(self, tmp_path: Path, certificate: Issued) -> Iterator[Proxied]:
        with started(tmp_path, "hec-ack", certificate) as server, FaultProxy("localhost", server.ports[0]) as proxy:
            yield Proxied(server, proxy, "http")


class TestWrittenOverTls(OutputConformance):
    faults: ClassVar[Collection[Fault]] = ("down", "reset", "lost-ack")

    @pytest.fixture
    def receiver(self, tmp_path: Path, authority: Authority, certificate: Issued) -> Iterator[Proxied]:
        with (
            started(tmp_path, "hec-tls", certificate) as server,
            FaultProxy("localhost", server.ports[0], greeting=GREETING) as proxy,
        ):
            yield Proxied(server, proxy, "https", acknowledge=False, compress=False, ca=str(authority.ca))


class Refusing:
    """The stand-in, for the collector rejects nothing that acctship sends."""

    def __init__(self, server: Scripted) -> None:
        self._server = server

    def config(self) -> dict[str, Any]:
        return {"type": "splunk_hec", "url": self._server.url, "token": TOKEN}

    def ids(self) -> list[str]:
        return list(self._server.indexed)

    def fault(self, kind: Fault, /) -> AbstractContextManager[object]:
        if kind == "throttle":
            return self._server.saying(always(said(503, 9, headers={"Retry-After": "7"})))
        return self._server.rejecting()


class TestRefusals(OutputConformance):
    faults: ClassVar[Collection[Fault]] = ("reject", "throttle")

    @pytest.fixture
    def receiver(self, hec: Scripted) -> Refusing:
        return Refusing(hec)
