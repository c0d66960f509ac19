"""A forward server that says what a test wants: a stand-in, for real ones acknowledge what they take, and at once."""

from __future__ import annotations

import hashlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import msgpack  # type: ignore[import-untyped]  # it has no types

from tests.outputs.fluentd.answers import Answers, Chunk, acknowledge
from tests.outputs.fluentd.entries import entries_of

NAME = "standin.example.com"
"""What it calls itself in the handshake."""
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of a socket that is reset when it is closed: socket(7)."""


@dataclass
class Handshake:
    """What it says before it takes chunks.

    Attributes:
        shared_key: that clients have to have.
        users: their passwords; without any, clients need none.
        keepalive: whether it takes more than one chunk on a connection.
        nonce: any bytes.
        nonce_is_str: as Fluent Bit sends it, though it may be no UTF-8; Fluentd sends bin.
        helo: in place of what it would say.
        pong: in place of what it would say, given what that is.
        pings: what clients said.
    """

    shared_key: str = "correct horse"
    users: Mapping[str, str] = field(default_factory=dict)
    keepalive: bool = True
    nonce: bytes = b"\xff\x00nonce \xfe\x80"
    nonce_is_str: bool = False
    helo: bytes | None = None
    pong: Callable[[list[Any]], bytes] | None = None
    pings: list[list[Any]] = field(default_factory=list)

    _AUTH = b"\xfesalt of users"

    def hello(self) -> bytes:
        """The first that is said."""
        if self.helo is not None:
            return self.helo
        return b"\x92\xa4HELO\x83" + b"".join(
            [
                msgpack.packb("nonce"),
                self._bytes(self.nonce),
                msgpack.packb("auth"),
                self._bytes(self._AUTH if self.users else b""),
                msgpack.packb("keepalive"),
                msgpack.packb(self.keepalive),
            ]
        )

    def answer(self, ping: list[Any]) -> tuple[bytes, bool]:
        """The PONG, and whether the client is let in."""
        self.pings.append(ping)
        kind, client, salt, digest, user, password = ping
        assert kind == "PING"
        assert {type(part) for part in ping} == {str}, f"Fluent Bit closes on anything but str: {ping!r}"
        why = ""
        if digest != self.digest(salt, client):
            why = "shared_key mismatch"
        elif self.users and password != self.proof(user):
            why = "username/password mismatch"
        said = ["PONG", not why, why, "" if why else NAME, "" if why else self.digest(salt, NAME)]
        return self.pong(said) if self.pong else msgpack.packb(said), not why

    def digest(self, salt: str, name: str) -> str:
        """What proves that one of that name has the key."""
        text = salt.encode() + name.encode() + self.nonce + self.shared_key.encode()
        return hashlib.sha512(text).hexdigest()

    def proof(self, user: str) -> str:
        """What proves that one has the password of a user."""
        return hashlib.sha512(self._AUTH + user.encode() + self.users.get(user, "").encode()).hexdigest()

    def _bytes(self, raw: bytes) -> bytes:
        return b"\xd9" + bytes([len(raw)]) + raw if self.nonce_is_str else bytes(msgpack.packb(raw))


class StandIn:
    """Takes any number of connections, each in a thread of its own.

    Args:
        answers: what becomes of each chunk.
        handshake: None for none.
        context: for TLS.
        path: of a Unix socket, in place of a port.

    Attributes:
        chunks: all that have arrived, in order, taken or not.
        answers: may be replaced while it runs.
        connections: how many there were so far.
        failures: what clients did that no client may do.
    """

    def __init__(
        self,
        answers: Answers = acknowledge,
        *,
        handshake: Handshake | None = None,
        context: ssl.SSLContext | None = None,
        path: Path | None = None,
    ) -> None:
        self.answers, self._handshake, self._context, self._path = answers, handshake, context, path
        self.chunks, self.connections, self.failures = list[Chunk](), 0, list[BaseException]()
        self._taken = list[Chunk]()
        self._sockets = set[socket.socket]()
        self._changed = threading.Condition()
        self._stopped = False
        self._port = 0
        self.start()

    @property
    def address(self) -> str:
        """What `address` of the output has to be."""
        return str(self._path) if self._path is not None else f"127.0.0.1:{self._port}"

    def taken(self) -> list[Chunk]:
        """Chunks that it keeps."""
        with self._changed:
            return list(self._taken)

    def ids(self) -> list[str]:
        """`event.id` of each event in them."""
        return [record["event"]["id"] for chunk in self.taken() for _, record in chunk.entries]

    def say(self, data: bytes) -> None:
        """Say something on each connection that is there."""
        with self._changed:
            for sock in self._sockets:
                sock.sendall(data)

    def start(self) -> None:
        """Listen, at the same place as before."""
        if self._path is not None:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(self._path))
            self._listener.listen()
        else:
            self._listener = socket.create_server(("127.0.0.1", self._port))
            self._port = self._listener.getsockname()[1]
        self._stopped = False
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Reset all connections, and refuse new ones."""
        self._stopped = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept
        self._listener.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        with self._changed:
            for sock in self._sockets:
                _reset(sock)
            self._sockets.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        assert self.failures == []

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                sock, _ = listener.accept()
                number, self.connections = self.connections, self.connections + 1
                threading.Thread(target=self._serve, args=(sock, number), daemon=True).start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        try:
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_side=True)
            with self._changed:
                if self._stopped:
                    _reset(sock)
                    return
                self._sockets.add(sock)
            self._converse(sock, number)
        except OSError:
            pass  # the client, or `stop`, has ended it
        except Exception as error:  # noqa: BLE001  # told when the test is over
            self.failures.append(error)
        finally:
            with self._changed:
                self._sockets.discard(sock)
            sock.close()

    def _converse(self, sock: socket.socket, number: int) -> None:
        unpacker = msgpack.Unpacker(raw=False, strict_map_key=True, max_buffer_size=100_000_000)
        waits = self._handshake is not None
        if self._handshake is not None:
            sock.sendall(self._handshake.hello())
        while said := sock.recv(1 << 20):
            unpacker.feed(said)
            for message in unpacker:
                if waits:
                    assert self._handshake is not None
                    (pong, welcome), waits = self._handshake.answer(message), False
                    sock.sendall(pong)
                    if not pong or not welcome:
                        return
                    continue
                chunk = _chunk(message, number)
                with self._changed:
                    self.chunks.append(chunk)
                answer = self.answers(chunk)
                if answer.take:
                    with self._changed:
                        self._taken.append(chunk)
                if answer.say:
                    sock.sendall(answer.say)
                if answer.end == "reset":
                    _reset(sock)
                if answer.end or (self._handshake is not None and not self._handshake.keepalive):
                    return


def _chunk(message: Any, connection: int) -> Chunk:
    """Understand a PackedForward message, strictly: what real servers forgive, each in its own way, fails here."""
    assert isinstance(message, list), message
    tag, packed, option = message
    assert isinstance(tag, str)
    assert isinstance(packed, bytes)
    assert {type(key) for key in option} == {str}
    entries = entries_of(packed, compressed=option.get("compressed", "text"))
    assert option["size"] == len(entries)
    return Chunk(tag, entries, option, len(packed), connection)


def _reset(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        socket.socket.shutdown(sock, socket.SHUT_RD)  # wakes a thread that reads; it closes the socket, too
    with suppress(OSError):
        socket.socket.close(sock)
