"""Output `fluentd` passes the suite that every output passes, into real receivers behind a proxy that fails."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from acctship.testing import Fault, FaultProxy, OutputConformance
from acctship.testing.proxy import ProxyFault
from tests.conftest import skip
from tests.outputs.fluentd.sending import KEY
from tests.programs import UnavailableError
from tests.servers.certificates import Authority, Issued
from tests.servers.fluent_server import FluentServer

TLS = 4096
"""Bytes that we say at most before the first chunk, over TLS."""


class Proxied:
    """A receiver behind the proxy."""

    def __init__(self, server: FluentServer, proxy: FaultProxy, **keys: Any) -> None:
        self.server, self._proxy, self._keys = server, proxy, keys

    def config(self) -> dict[str, Any]:
        return {"type": "fluentd", "address": f"127.0.0.1:{self._proxy.port}", **self._keys}

    def ids(self) -> list[str]:
        found = []
        for message in self.server.messages():
            record = message["record"]
            found.append(record["event"]["id"] if "event" in record else record["event.id"])
        return found

    def fault(self, kind: Fault, /) -> AbstractContextManager[object]:
        return self._proxy.fault(cast(ProxyFault, kind))


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


class TestPlain(OutputConformance):
    faults: ClassVar[Collection[Fault]] = ("down", "hang", "reset", "lost-ack")

    @pytest.fixture
    def receiver(self, tmp_path: Path) -> Iterator[Proxied]:
        try:
            server = FluentServer(tmp_path / "fluent", "tcp")  # a collector acknowledges what it has not written
        except UnavailableError as error:
            skip(str(error))
        with server, FaultProxy("127.0.0.1", port_of(server.address("tcp"))) as proxy:
            yield Proxied(server, proxy, compress="gzip")


class TestSharedKeyOverTls(OutputConformance):
    faults: ClassVar[Collection[Fault]] = ("down", "reset", "lost-ack")

    @pytest.fixture
    def receiver(self, tmp_path: Path, authority: Authority, certificate: Issued) -> Iterator[Proxied]:
        (tmp_path / "key").write_text(KEY)
        (tmp_path / "password").write_text("battery staple")
        try:
            server = FluentServer(
                tmp_path / "fluent", "tls", shared_key=KEY, users={"web1": "battery staple"}, certificate=certificate
            )
        except UnavailableError as error:
            skip(str(error))
        with server, FaultProxy("127.0.0.1", port_of(server.address("tls")), greeting=TLS) as proxy:
            yield Proxied(
                server, proxy, tls=True, ca=str(authority.ca), shared_key={"file": str(tmp_path / "key")},
                username="web1", password={"file": str(tmp_path / "password")},
            )  # fmt: skip
