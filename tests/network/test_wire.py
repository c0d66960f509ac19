"""What a connection says of a peer that ends, or that speaks no TLS."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from acctship.errors import RetryableError
from acctship.network.deadline import Deadline
from acctship.network.wire import Wire


@pytest.fixture
def ends() -> Iterator[tuple[Wire, socket.socket]]:
    """A wire over TCP, and the peer's end of it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
    ours.setblocking(False)
    wire = Wire(ours, "siem.example.com:6514")
    with theirs, closing(wire):
        yield wire, theirs


def in_seconds(seconds: float) -> Deadline:
    return Deadline(seconds, threading.Event())


def listen_to_the_end(wire: Wire, deadline: Deadline) -> None:
    while True:
        wire.listen(deadline)


def test_last_words_of_a_peer_that_ends_are_in_the_inbox(ends: tuple[Wire, socket.socket]) -> None:
    wire, theirs = ends
    theirs.sendall(b"you are not known here")
    theirs.close()
    with pytest.raises(RetryableError, match=r"siem\.example\.com:6514: closed the connection"):
        listen_to_the_end(wire, in_seconds(30))
    assert wire.inbox == b"you are not known here"


def test_peer_that_says_nothing_to_tls_is_asked_for_it(ends: tuple[Wire, socket.socket]) -> None:
    wire, theirs = ends
    wanted = r"siem\.example\.com:6514: no answer in 0\.1 s to our TLS: does it speak TLS there\?"
    with pytest.raises(RetryableError, match=wanted):
        wire.encrypt(ssl.create_default_context(), "siem.example.com", in_seconds(0.1))
    assert theirs.recv(1) == b"\x16"  # a TLS handshake record (RFC 8446 5.1)
