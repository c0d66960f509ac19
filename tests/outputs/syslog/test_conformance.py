"""Output `syslog` passes the suite that every output passes, over each transport."""

from __future__ import annotations

import json
import signal
import ssl
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ClassVar, cast

import pytest

from acctship.testing import Fault, FaultProxy, OutputConformance
from acctship.testing.proxy import ProxyFault
from tests.outputs.syslog.conftest import StartRsyslog
from tests.outputs.syslog.relp_standin import RelpStandIn
from tests.outputs.syslog.standin import StandIn, StreamFault
from tests.servers.certificates import Authority, Issued
from tests.servers.rsyslog import Listening, Rsyslog

GREETING = {"relp": 100, "relp+tls": 4096}
"""Bytes that a client says at most before its first message."""


class Stream:
    """The stand-in, which shows what happens to a kernel's buffers: a proxy has those of its own."""

    def __init__(self, server: StandIn, **keys: str) -> None:
        self._server, self._keys = server, keys

    def config(self) -> dict[str, Any]:
        return {"type": "syslog", "address": f"127.0.0.1:{self._server.port}", **self._keys}

    def ids(self) -> list[str]:
        return self._server.ids()

    def fault(self, kind: Fault, /) -> AbstractContextManager[object]:
        return self._server.fault(cast(StreamFault, kind))


class TestTcp(OutputConformance):
    faults: ClassVar[Collection[Fault]] = ("down", "hang", "reset")

    @pytest.fixture
    def receiver(self) -> Iterator[Stream]:
        with StandIn() as server:
            yield Stream(server, transport="tcp")


class TestTls(OutputConformance):
    faults: ClassVar[Collection[Fault]] = ("down", "hang", "reset")

    @pytest.fixture
    def receiver(self, authority: Authority, certificate: Issued) -> Iterator[Stream]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        with StandIn(context) as server:
            yield Stream(server, transport="tls", ca=str(authority.ca))


class Real:
    """Real rsyslog."""

    def __init__(self, server: Rsyslog, way: Listening, **keys: str) -> None:
        self.server, self._keys = server, {"address": server.address(way), **keys}

    def config(self) -> dict[str, Any]:
        return {"type": "syslog", **self._keys}

    def ids(self) -> list[str]:
        return [json.loads(message["msg"])["event"]["id"] for message in self.server.messages()]

    def fault(self, kind: Fault, /) -> AbstractContextManager[object]:
        return self._stopped() if kind == "down" else self._suspended()

    @contextmanager
    def _stopped(self) -> Iterator[None]:
        self.server.stop()
        yield
        self.server.start()

    @contextmanager
    def _suspended(self) -> Iterator[None]:
        self.server.signal(signal.SIGSTOP)
        yield
        self.server.signal(signal.SIGCONT)


class TestUdp(OutputConformance):
    faults: ClassVar[Collection[Fault]] = ["down"]
    test_check_of_a_receiver_that_is_down_raises = None  # type: ignore[assignment]  # nobody answers over UDP

    @pytest.fixture
    def receiver(self, rsyslog: StartRsyslog) -> Real:
        return Real(rsyslog("udp"), "udp", transport="udp")


class TestUnixDatagrams(OutputConformance):
    faults: ClassVar[Collection[Fault]] = ("down", "hang")

    @pytest.fixture
    def receiver(self, rsyslog: StartRsyslog) -> Real:
        return Real(rsyslog("unix-dgram"), "unix-dgram", transport="unix")


class TestUnixStream(OutputConformance):
    faults: ClassVar[Collection[Fault]] = ("down", "hang")

    @pytest.fixture
    def receiver(self, rsyslog: StartRsyslog) -> Real:
        return Real(rsyslog("unix-stream"), "unix-stream", transport="unix")


class Proxied(Real):
    """Real rsyslog behind a proxy that fails."""

    def __init__(self, server: Rsyslog, way: Listening, proxy: FaultProxy, **keys: str) -> None:
        super().__init__(server, way, transport=way, address=f"127.0.0.1:{proxy.port}", **keys)
        self._proxy = proxy

    def fault(self, kind: Fault, /) -> AbstractContextManager[object]:
        return self._proxy.fault(cast(ProxyFault, kind))


class TestRelp(OutputConformance):
    faults: ClassVar[Collection[Fault]] = ("down", "hang", "reset", "lost-ack")

    @pytest.fixture
    def receiver(self, rsyslog: StartRsyslog) -> Iterator[Proxied]:
        server = rsyslog("relp")
        with FaultProxy("127.0.0.1", server.port("relp"), greeting=GREETING["relp"]) as proxy:
            yield Proxied(server, "relp", proxy)


class TestRelpOverTls(OutputConformance):
    faults: ClassVar[Collection[Fault]] = ("down", "hang", "reset", "lost-ack")

    @pytest.fixture
    def receiver(self, rsyslog: StartRsyslog, authority: Authority) -> Iterator[Proxied]:
        server = rsyslog("relp+tls")
        with FaultProxy("127.0.0.1", server.port("relp+tls"), greeting=GREETING["relp+tls"]) as proxy:
            yield Proxied(server, "relp+tls", proxy, ca=str(authority.ca))


class Scripted:
    """The stand-in, for rsyslog rejects nothing over RELP."""

    def __init__(self, server: RelpStandIn) -> None:
        self._server = server

    def config(self) -> dict[str, Any]:
        return {"type": "syslog", "transport": "relp", "address": f"127.0.0.1:{self._server.port}"}

    def ids(self) -> list[str]:
        return [
            json.loads(message.partition(b" - {")[1][3:] + message.partition(b" - {")[2])["event"]["id"]
            for message in self._server.taken()
        ]

    def fault(self, kind: Fault, /) -> AbstractContextManager[object]:
        assert kind == "reject"
        return self._server.rejecting()


class TestRelpRejections(OutputConformance):
    faults: ClassVar[Collection[Fault]] = ["reject"]

    @pytest.fixture
    def receiver(self) -> Iterator[Scripted]:
        with RelpStandIn() as server:
            yield Scripted(server)
