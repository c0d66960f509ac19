"""FluentServer keeps what it acknowledged when it is killed, and lets in whom it should."""

from __future__ import annotations

import hashlib
import socket
import ssl
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.servers.certificates import Authority, Issued
from tests.servers.fixtures import Serve
from tests.servers.fluent_server import NAME, FluentServer, Listening

NS = 1_700_000_000_123_456_789
RECORD = {"process": {"name": "sh\n", "pid": 7}, "message": "x", "nothing": None, "list": [1, 2.5, b"\xff"]}
EXPECTED = {"tag": "acct.process", "time_ns": NS} | {"record": RECORD | {"list": [1, 2.5, {"base64": "/w=="}]}}
ENTRY = msgspec.msgpack.encode([msgspec.msgpack.Ext(0, struct.pack(">II", *divmod(NS, 1_000_000_000))), RECORD])
KEY, USER, PASSWORD = "correct horse", "web1", "battery staple"

Start = Callable[..., FluentServer]


class Client:
    """The plainest one."""

    def __init__(self, server: FluentServer, way: Listening, context: ssl.SSLContext | None = None) -> None:
        where, _, port = server.address(way).partition(":")
        self.sock = socket.socket(socket.AF_UNIX if way == "unix" else socket.AF_INET)
        self.sock.settimeout(30)
        self.sock.connect(server.address(way) if way == "unix" else (where, int(port)))
        if context:
            self.sock = context.wrap_socket(self.sock, server_hostname="localhost")

    def send(self, message: object) -> None:
        self.sock.sendall(msgspec.msgpack.encode(message))

    def receive(self) -> Any:
        """Gives one answer; None at the end."""
        said = self.sock.recv(4096)
        return msgspec.msgpack.decode(said) if said else None

    def send_chunk(self, entries: bytes = ENTRY) -> Any:
        """Gives what the server answers."""
        self.send(["acct.process", entries, {"chunk": "abc"}])
        return self.receive()

    def shake_hands(self, key: str, password: str) -> Any:
        """Gives the PONG."""
        helo = self.receive()
        assert helo[0] == "HELO"
        nonce, auth = helo[1]["nonce"], helo[1]["auth"]
        digest = hashlib.sha512(b"salt" + b"client" + nonce + key.encode()).hexdigest()
        proof = hashlib.sha512(auth + USER.encode() + password.encode()).hexdigest()
        self.send(["PING", "client", "salt", digest, USER, proof])
        pong = self.receive()
        if pong[1]:
            assert pong[4] == hashlib.sha512(b"salt" + NAME.encode() + nonce + key.encode()).hexdigest()
        return pong


@pytest.fixture
def start(tmp_path: Path, certificate: Issued, serve: Serve) -> Start:
    return partial(serve, FluentServer, tmp_path / "server", certificate=certificate)


def test_what_it_acknowledged_outlives_a_kill(start: Start, authority: Authority) -> None:
    server = start("tcp", "tls", "unix")
    context = ssl.create_default_context(cafile=str(authority.ca))
    for client in (Client(server, "tcp"), Client(server, "tls", context), Client(server, "unix")):
        with client.sock:
            assert client.send_chunk(ENTRY * 2) == {"ack": "abc"}
    server.kill()
    server.start()
    client = Client(server, "tcp")
    with client.sock:
        assert client.send_chunk() == {"ack": "abc"}
    assert server.messages() == [EXPECTED] * 7


def test_lets_in_who_has_the_key_and_the_password(start: Start) -> None:
    server = start("tcp", shared_key=KEY, users={USER: PASSWORD})
    for key, password, reason in (
        ("wrong", PASSWORD, "shared key mismatch"),
        (KEY, "wrong", "username/password mismatch"),
    ):
        client = Client(server, "tcp")
        with client.sock:
            assert client.shake_hands(key, password)[:3] == ["PONG", False, reason]
            assert client.receive() is None
    client = Client(server, "tcp")
    with client.sock:
        assert client.shake_hands(KEY, PASSWORD)[:4] == ["PONG", True, "", NAME]
        assert client.send_chunk() == {"ack": "abc"}
    assert server.messages() == [EXPECTED]


def test_asks_for_a_client_certificate(start: Start, authority: Authority) -> None:
    server = start("tls", ca=authority.ca)
    context = ssl.create_default_context(cafile=str(authority.ca))
    client = Client(server, "tls", context)
    with client.sock, pytest.raises((ssl.SSLError, ConnectionError)):
        client.send_chunk()
    issued = authority.issue("client")
    context.load_cert_chain(issued.certificate, issued.key)
    client = Client(server, "tls", context)
    with client.sock:
        assert client.send_chunk() == {"ack": "abc"}


def test_keeps_without_acknowledging_where_it_shall_hang(start: Start) -> None:
    server = start("tcp", acks=False)
    client = Client(server, "tcp")
    with client.sock:
        client.send(["acct.process", ENTRY, {"chunk": "abc"}])
        client.send("no message: it closes the connection")
        assert client.receive() is None
    assert server.messages() == [EXPECTED]


def test_chunk_whose_last_entry_is_cut_off_is_not_acknowledged(start: Start) -> None:
    server = start("tcp")
    client = Client(server, "tcp")
    with client.sock:
        assert client.send_chunk(ENTRY + ENTRY[:-1]) is None
    assert not server.messages()
