"""Events arrive in real receivers of forward: once each if nothing fails, and all of them if the receiver dies."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

import acctship
from acctship.deployed import deploy
from acctship.testing import deliver, events
from tests.cli.service import until
from tests.conftest import skip
from tests.faults.campaign import LARGE
from tests.outputs.fluentd.making import everything, expect_all, expected, ids, in_order, send
from tests.programs import UnavailableError
from tests.servers.certificates import Authority, Issued
from tests.servers.fluent_server import FluentServer
from tests.servers.otelcol import Collector

FLOOD = 200_000 if LARGE else 20_000
SLOW_FLOOD = 200_000 if LARGE else 5000
"""For the collector: it writes each event by itself, 2,500 of them a second."""
KEY, USER, PASSWORD = "correct horse", "web1", "battery staple"
Server = FluentServer | Collector
WAYS = ("tcp", "tls", "unix", "collector", "collector-unix")


class Servers:
    """Real receivers, and how a site configures the way to each."""

    def __init__(self, folder: Path, authority: Authority, certificate: Issued) -> None:
        self._ca, self._client = authority.ca, authority.issue("forward-client")
        self.fluent = FluentServer(
            folder / "fluent",
            "tcp",
            "tls",
            "unix",
            shared_key=KEY,
            users={USER: PASSWORD},
            certificate=certificate,
            ca=authority.ca,
        )
        self.collector = Collector(folder / "collector", "forward", "forward-unix")

    def of(self, way: str) -> Server:
        return self.collector if way.startswith("collector") else self.fluent

    def table(self, way: str) -> dict[str, Any]:
        if way == "collector":
            return {"address": self.collector.address("forward")}
        if way == "collector-unix":
            return {"address": self.collector.address("forward-unix")}
        keys: dict[str, Any] = {"shared_key": {"env": "FORWARD_KEY"}, "username": USER}
        keys |= {"password": {"env": "FORWARD_PASSWORD"}}
        if way == "tls":
            keys |= {"tls": True, "ca": str(self._ca)}
            keys |= {"certificate": str(self._client.certificate), "key": str(self._client.key)}
            return keys | {"address": self.fluent.address("tls")}
        return keys | {"address": self.fluent.address("unix" if way == "unix" else "tcp")}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, authority: Authority, certificate: Issued) -> Iterator[Servers]:
    try:
        made = Servers(tmp_path_factory.mktemp("servers"), authority, certificate)
    except UnavailableError as error:
        skip(str(error))
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORWARD_KEY", KEY)
        patch.setenv("FORWARD_PASSWORD", PASSWORD)
        for one in (made.fluent, made.collector):
            stack.enter_context(one)
        yield made


def wait(server: Server, count: int) -> None:
    """Wait until it has written so many: the collector acknowledges what it has in memory alone."""
    until(lambda: len(server.messages()) >= count, "all are written")


@pytest.mark.parametrize("compress", ["none", "gzip"])
@pytest.mark.parametrize("way", WAYS)
def test_tag_time_and_record_arrive_as_they_were(way: str, compress: str, servers: Servers) -> None:
    batch, server = everything(), servers.of(way)
    before = len(server.messages())
    expect_all(send(batch, **servers.table(way), compress=compress), batch)
    wait(server, before + len(batch))
    assert in_order(server.messages()[before:]) == in_order(expected(batch))


@pytest.mark.parametrize("way", ["tcp", "tls", "collector"])
def test_many_arrive_once_each(way: str, servers: Servers) -> None:
    batch, server = events(SLOW_FLOOD if way == "collector" else FLOOD), servers.of(way)
    before = len(server.messages())
    expect_all(send(batch, **servers.table(way), connections=2), batch)
    wait(server, before + len(batch))
    assert sorted(ids(server.messages()[before:])) == sorted(batch.ids)


def test_gzip_and_one_connection_arrive_once_each(servers: Servers) -> None:
    batch = events(SLOW_FLOOD)
    before = len(servers.collector.messages())
    expect_all(send(batch, **servers.table("collector"), compress="gzip", max_chunk=100_000), batch)
    wait(servers.collector, before + len(batch))
    assert sorted(ids(servers.collector.messages()[before:])) == sorted(batch.ids)


@pytest.mark.parametrize("way", ["tcp", "tls"])  # the collector loses what it has acknowledged and not written
def test_none_is_lost_when_the_receiver_dies_in_the_middle(way: str, servers: Servers) -> None:
    batch, server = events(FLOOD), servers.of(way)
    before, killing = len(server.messages()), threading.Event()

    def kill() -> None:
        until(lambda: len(server.messages()) > before + FLOOD // 20, "some have arrived")
        killing.set()
        server.kill()

    def restart(_seconds: float) -> None:
        if killing.is_set():
            killer.join()
            if not server.runs():
                server.start()

    killer = threading.Thread(target=kill)
    killer.start()
    keys = {"type": "fluentd", **servers.table(way), "delivery": {"batch_events": 500}}
    done = deliver(deploy("tested", keys), [batch], restart)
    killer.join()
    if not server.runs():
        server.start()
    expect_all(done, batch)
    assert {*ids(server.messages()[before:])} == {*batch.ids}


@contextmanager
def known(**environment: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield


def refused(servers: Servers, way: str = "tcp", **keys: Any) -> str:
    """Why an output is given up at once, and nothing arrives."""
    before = len(servers.of(way).messages())
    done = send(events(3), **(servers.table(way) | keys))
    assert isinstance(done.failure, acctship.HaltError), done
    assert (done.acknowledged, len(servers.of(way).messages())) == (0, before)
    said = str(done.failure)
    assert "\n" not in said
    return said


def test_wrong_key_is_one_clear_error(servers: Servers) -> None:
    with known(FORWARD_KEY="wrong secret"):
        said = refused(servers)
    assert "shared key mismatch" in said
    assert "check shared_key" in said
    assert "wrong secret" not in said


def test_wrong_password_is_one_clear_error(servers: Servers) -> None:
    with known(FORWARD_PASSWORD="wrong secret"):
        said = refused(servers)
    assert "username/password mismatch" in said
    assert "password" in said
    assert "wrong secret" not in said


def test_server_of_another_authority_is_one_clear_error(servers: Servers, tmp_path: Path) -> None:
    said = refused(servers, "tls", ca=str(Authority(tmp_path / "stranger").ca))
    assert "its certificate is not trusted" in said


def test_our_certificate_of_another_authority_is_one_clear_error(servers: Servers, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger").issue("client")
    before, keys = len(servers.fluent.messages()), {"certificate": str(stranger.certificate), "key": str(stranger.key)}
    done = send(events(3), **(servers.table("tls") | keys))
    assert (done.acknowledged, len(servers.fluent.messages())) == (0, before)
    # Node.js closes without saying why, so it may be anything, and is tried again.
    assert isinstance(done.failure, acctship.RetryableError)
    assert "trusts our certificate" in str(done.failure)


def test_no_key_where_one_is_wanted_is_one_clear_error(servers: Servers) -> None:
    assert "set shared_key" in refused(servers, shared_key=None, username=None, password=None)
