"""The handshake: what we say, whom we believe, and what each refusal tells the person who can mend it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]  # it has no types
import pytest

from acctship import ConfigError, HaltError, RetryableError
from acctship.outputs.fluentd.handshake import Credentials, Hello, ping
from acctship.testing import events
from tests.outputs.fluentd.sending import KEY, built, opened, until_dead
from tests.outputs.fluentd.standin import Handshake, StandIn
from tests.outputs.fluentd.test_entries import GOLDEN, hexdump

USER: dict[str, Any] = {"username": "web1", "password": {"env": "PASSWORD"}}
BRIEF = 1.0


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", KEY)
    monkeypatch.setenv("PASSWORD", "pass word")
    monkeypatch.setenv("WRONG", "wrong wrong")


def key(name: str = "KEY") -> dict[str, Any]:
    return {"shared_key": {"env": name}}


@pytest.mark.parametrize("users", [{}, {"web1": "pass word"}])
@pytest.mark.parametrize("is_str", [False, True])
def test_both_know_the_key(users: dict[str, str], *, is_str: bool) -> None:
    shaking = Handshake(users=users, nonce_is_str=is_str)
    with StandIn(handshake=shaking) as server, opened(server.address, **key(), **USER) as output:
        output.send(events(3))
        assert server.ids() == events(3).ids
    assert [ping[4] for ping in shaking.pings] == ["web1" if users else ""]


def test_check_shakes_hands_and_sends_nothing() -> None:
    with StandIn(handshake=Handshake()) as server:
        output = built(server.address, **key())
        assert output.check() == f"{server.address} lets us in"
        output.close()
        assert server.chunks == []


def said(*parts: Any) -> bytes:
    return bytes(msgpack.packb(parts))


@pytest.mark.parametrize(
    ("handshake", "keys", "told"),
    [
        (Handshake(), key("WRONG"), "will not let us in: shared_key mismatch: check shared_key, username and password"),
        (Handshake(users={"web1": "other"}), {**key(), **USER}, "will not let us in: username/password mismatch"),
        (Handshake(users={"web1": "other"}), key(), "wants a user and a password: set username and password"),
        (Handshake(), {}, "wants to shake hands: set shared_key"),
        (Handshake(pong=lambda pong: said(*pong[:4], "0" * 128)), key(), "does not know the shared key itself"),
        (Handshake(pong=lambda pong: said(*pong[:3], "other", pong[4])), key(), "does not know the shared key itself"),
        (Handshake(pong=lambda pong: said(*pong[:4], 7)), key(), "does not know the shared key itself"),
        (Handshake(pong=lambda _: said("PONG", False, "no\x1b[31m\n", "", "")), key(), r"not let us in: no.x1b"),
        (Handshake(pong=lambda _: said("PONG", False, None, "", "")), key(), "will not let us in: no reason given"),
        (Handshake(pong=lambda _: said("PANG")), key(), "answered our PING with"),
        (Handshake(pong=lambda _: b"\xc1"), key(), "speaks no forward protocol there: .*check address, port and tls"),
        (Handshake(helo=b"220 smtp.example.com ESMTP\r\n"), key(), "it says 50 where HELO is due"),
        (Handshake(helo=b"220 smtp.example.com ESMTP\r\n"), {}, "speaks no forward protocol there: it says 50"),
        (Handshake(helo=b"\xc1"), key(), "speaks no forward protocol there"),
        (Handshake(helo=said("HELO", {"nonce": 7})), key(), "where HELO is due"),
        (Handshake(helo=said("HELO")), key(), "where HELO is due"),
    ],
)  # fmt: skip
def test_refusal_is_one_clear_error(handshake: Handshake, keys: dict[str, Any], told: str) -> None:
    with StandIn(handshake=handshake) as server:
        output = built(server.address, **keys)
        with pytest.raises(HaltError, match=f"{server.address}: .*{told}") as caught:
            output.check()
        output.close()
        assert server.chunks == []
    assert not any(secret in str(caught.value) for secret in (KEY, "wrong wrong", "pass word"))


def test_server_that_closes_at_a_wrong_key_leaves_a_hint() -> None:
    with StandIn(handshake=Handshake(pong=lambda _: b"")) as server:
        output = built(server.address, **key())
        with pytest.raises(RetryableError, match="closed the connection: did not answer our PING: check shared_key"):
            output.open()
        output.close()


def test_server_that_says_no_helo_leaves_a_hint() -> None:
    with StandIn() as server:
        output = built(server.address, **key(), timeout=BRIEF)
        with pytest.raises(RetryableError, match=r"no answer in 0\.8 s: said no HELO: check that it has a shared key"):
            output.open()
        output.close()


def test_secret_is_read_at_each_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    shaking = Handshake()
    with StandIn(handshake=shaking) as server, opened(server.address, **key()) as output:
        output.send(events(1))
        server.stop()
        until_dead(output)
        shaking.shared_key = "battery staple"
        monkeypatch.setenv("KEY", "battery staple")
        server.start()
        output.send(events(1, first_pid=2))
        monkeypatch.delenv("KEY")
        server.stop()
        until_dead(output)
        server.start()
        with pytest.raises(ConfigError, match="KEY is not set"):
            output.send(events(1, first_pid=3))


def test_server_that_keeps_no_connection_gets_each_chunk_on_one_of_its_own() -> None:
    batch = events(60)
    with (
        StandIn(handshake=Handshake(keepalive=False)) as server,
        opened(server.address, max_chunk=10_000, **key()) as output,
    ):
        output.send(batch)
        assert server.ids() == batch.ids
        assert len({chunk.connection for chunk in server.taken()}) == len(server.taken()) > 3


def test_bytes_of_ping(golden: Callable[[Path, str], None]) -> None:
    hello = Hello(nonce=bytes(range(240, 256)), auth=b"\xfesalt", keepalive=True)
    known = Credentials("web1.example.com", KEY, "web1", "pass word", "0123456789abcdef")
    golden(GOLDEN / "ping.txt", hexdump(ping(hello, known)))
    assert "pass word" not in repr(known)
    assert KEY not in repr(known)
