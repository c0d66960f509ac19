"""A TCP proxy that gives any real server the faults which it cannot be made to show."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal, Protocol, Self

ProxyFault = Literal["down", "hang", "reset", "lost-ack"]
"""A fault of those in `FAULTS` that needs no help from the server."""

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of a socket that is reset when it is closed: socket(7)."""


class FaultProxy:
    """Stands on 127.0.0.1 in front of a server, and passes on what both sides say until it is told to show a fault.

    Args:
        host: of the server.
        port: of the server.
        greeting: bytes that a client sends at most before its first request, where a protocol begins with a handshake
            (TLS, RELP, a login): answers to those pass, also while answers are lost.

    Attributes:
        port: where to connect instead.
    """

    def __init__(self, host: str, port: int, *, greeting: int = 0) -> None:
        self._server, self._greeting = (host, port), greeting
        self._fault: ProxyFault | None = None
        self._lost = 0
        self._changed = threading.Condition()
        self._connections: set[_Connection] = set()
        self._listener = _bound(0)
        self.port: int = self._listener.getsockname()[1]
        self._listen()

    @contextmanager
    def fault(self, kind: ProxyFault) -> Iterator[None]:
        """Show a fault until the block is left.

        Args:
            kind: `down` cuts off all connections and refuses new ones; `hang` passes nothing on until it ends; `reset`
                resets a connection when something is said on it; `lost-ack` passes a request on, and when the answer
                comes, resets the connection or ends it behind the answer's first bytes, in turn.
        """
        self._show(kind)
        if kind == "down":
            self._stop_listening()
            self._listener = _bound(self.port)  # not listening: connections are refused, and nobody else gets the port
            self._cut_off()
        try:
            yield
        finally:
            if kind == "down":
                self._listen()
            self._show(None)

    def close(self) -> None:
        """Cut off all connections, and take no more."""
        self._stop_listening()
        self._cut_off()
        self._show(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _passes(self, connection: _Connection, data: bytes, /, *, answer: bool) -> bytes:
        """How much of what one side has just said goes on to the other; waits while the proxy hangs."""
        with self._changed:
            self._changed.wait_for(lambda: self._fault != "hang")
            if self._fault == "lost-ack" and answer and connection.requested > self._greeting:
                self._lost += 1
                return data[: min(len(data) // 2, 8)] if self._lost % 2 == 0 else b""
            return data if self._fault in (None, "lost-ack") else b""

    def _show(self, kind: ProxyFault | None) -> None:
        with self._changed:
            self._fault = kind
            self._changed.notify_all()

    def _listen(self) -> None:
        self._listener.listen()
        threading.Thread(target=self._accept, args=(self._listener,), name="fault-proxy", daemon=True).start()

    def _stop_listening(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept, which closing would not
        self._listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), name="fault-proxy", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._server)
        except OSError:
            _reset(client)
            return
        connection = _Connection(client, server)
        with self._changed:
            self._connections.add(connection)
            late = self._fault == "down"
        if late:
            connection.cut_off()
        answers = threading.Thread(
            target=connection.pump, args=(server, client, self._passes), name="fault-proxy-answers", daemon=True
        )
        answers.start()
        connection.pump(client, server, self._passes)
        answers.join()
        client.close()
        server.close()
        with self._changed:
            self._connections.discard(connection)

    def _cut_off(self) -> None:
        with self._changed:
            connections = list(self._connections)
        for connection in connections:
            connection.cut_off()


class _Passes(Protocol):
    def __call__(self, connection: _Connection, data: bytes, /, *, answer: bool) -> bytes: ...


class _Connection:
    """A client and the server, and how much the client has said."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self._sides = (client, server)
        for side in self._sides:  # or each kernel would wait for the other: 40 ms that no server takes
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client, self.requested = client, 0
        self._cut = False

    def pump(self, source: socket.socket, target: socket.socket, passes: _Passes) -> None:
        """Pass on what one side says to its end, or until the proxy says that it does not pass."""
        try:
            while data := source.recv(65536):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)  # it holds for one answer (tcp(7))
                if source is self._client:
                    self.requested += len(data)
                passed = passes(self, data, answer=source is not self._client)
                target.sendall(passed)
                if passed != data:
                    self.cut_off(gently=bool(passed))
                    return
            if not self._cut:  # or the end would be seen in place of the reset
                target.shutdown(socket.SHUT_WR)
        except OSError:
            self.cut_off()

    def cut_off(self, *, gently: bool = False) -> None:
        """Reset both sides; `gently`, only end what is said to the client."""
        if gently:
            self._client.shutdown(socket.SHUT_WR)
            return
        self._cut = True
        for side in self._sides:
            _reset(side)


def _reset(side: socket.socket) -> None:
    """Have the other end told that the connection is reset, at once, whichever thread reads from it."""
    with suppress(OSError):
        side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        side.shutdown(socket.SHUT_RD)  # wakes a thread that reads; closing alone would wait for it
    side.close()


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    return made
