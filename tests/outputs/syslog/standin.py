"""A server of syslog over TCP or TLS that shows the faults which a real one cannot be made to show: a stand-in."""

from __future__ import annotations

import re
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal, Self

StreamFault = Literal["down", "hang", "reset"]

_ID = re.compile(rb'"event":\{[^}]*"id":"([^"]+)"')
_RECEIVE_BUFFER = 4096
"""Bytes: far less than a batch, so that a kernel cannot take one for a server that does not read."""
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of a socket that is reset when it is closed: socket(7)."""


class StandIn:
    """Takes messages framed by octet counting.

    Args:
        context: for TLS.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context, self._fault = context, ""
        self._ids: list[str] = []
        self._changed = threading.Condition()
        self._connections: dict[socket.socket, bytearray] = {}
        self._listener = self._bound(0)
        self.port: int = self._listener.getsockname()[1]
        self._listen()

    def ids(self) -> list[str]:
        """`event.id` of each message that has arrived in full."""
        with self._changed:
            return list(self._ids)

    @contextmanager
    def fault(self, kind: StreamFault) -> Iterator[None]:
        """Show a fault; what had arrived before is taken first."""
        with self._changed:
            for sock in list(self._connections):
                self._take(sock)
            self._fault = kind
        if kind == "down":
            self._close_all()
            self._listener = self._bound(self.port)  # not listening: connections are refused
        try:
            yield
        finally:
            with self._changed:
                self._fault = ""
                self._changed.notify_all()
            if kind == "down":
                self._listen()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._fault = ""
            self._changed.notify_all()
        self._close_all()

    def _bound(self, port: int) -> socket.socket:
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        made.bind(("127.0.0.1", port))
        return made

    def _listen(self) -> None:
        self._listener.listen()
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _close_all(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept
        self._listener.close()
        with self._changed:
            for sock in list(self._connections):
                self._reset(sock)

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                sock, _ = listener.accept()
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with suppress(OSError, ValueError, KeyError):  # it was reset by `fault`
            self._wait_while_hanging()
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_side=True)
            with self._changed:
                self._connections[sock] = bytearray()
            while self._wait_for_word(sock):
                pass

    def _wait_while_hanging(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._fault != "hang")

    def _wait_for_word(self, sock: socket.socket) -> bool:
        """Wait until something is said, and take it; False at the end."""
        with self._changed:
            sock.settimeout(None)
        if not isinstance(sock, ssl.SSLSocket) or not sock.pending():
            with suppress(BlockingIOError):
                socket.socket.recv(sock, 1, socket.MSG_PEEK)
        self._wait_while_hanging()
        with self._changed:
            if self._fault == "reset":
                self._reset(sock)
                return False
            return self._take(sock)

    def _take(self, sock: socket.socket) -> bool:
        """Take all that has arrived; False at the end."""
        inbox = self._connections[sock]
        sock.setblocking(False)
        ended = False
        with suppress(BlockingIOError, ssl.SSLWantReadError):
            while said := sock.recv(65536):
                inbox += said
            ended = True
        while frame := re.match(rb"([0-9]+) ", inbox):
            end = frame.end() + int(frame[1])
            if len(inbox) < end:
                break
            self._ids += [found.decode() for found in _ID.findall(bytes(inbox[frame.end() : end]))]
            del inbox[:end]
        if ended:
            with suppress(OSError):
                sock.unwrap() if isinstance(sock, ssl.SSLSocket) else None
            self._connections.pop(sock)
            sock.close()
        return not ended

    def _reset(self, sock: socket.socket) -> None:
        del self._connections[sock]
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            socket.socket.shutdown(sock, socket.SHUT_RD)  # wakes a thread that reads
        sock.close()
