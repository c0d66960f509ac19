"""A receiver of webhooks over real HTTP, in the process of the test, that fails in every way a receiver can."""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any, Self

PATIENCE = 60.0
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of a socket that is reset when it is closed: socket(7)."""


class Receiver:
    """Takes what is posted to it, but for the faults that it still has to show.

    Args:
        rng: chooses when to fail, and how.
        faults: how many to show in all.
        kinds: names of those of `FAULTS` to choose from; all of them if none are named.
        refuses: pids of events that it does not take: 413, as often as one is among those that are posted.

        takes: share of the requests that it answers properly, while there are faults left.

    Attributes:
        refuses: see above; it may change its mind.
        left: faults that are still to be shown.
        shown: names of those that were.
        events: all that it took, in order; also those of which its answer was lost.
    """

    def __init__(
        self,
        rng: random.Random,
        faults: int = 0,
        kinds: tuple[str, ...] = (),
        *,
        refuses: frozenset[int] = frozenset(),
        takes: float = 0.4,
    ) -> None:
        self.left, self.shown, self.events = faults, list[str](), list[dict[str, Any]]()
        self._rng, self._kinds, self.refuses = rng, kinds or tuple(FAULTS), refuses
        self._takes = takes
        self._lock = threading.Lock()
        self.closed = threading.Event()
        self._listener = _listening(0)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Be away for good: whoever connects is refused."""
        self.closed.set()
        self._stop_listening()

    def take(self, body: bytes) -> bool:
        """Keep the events; False if it will never take them."""
        events = [json.loads(line) for line in body.splitlines()]
        if any("process" in one and one["process"]["pid"] in self.refuses for one in events):
            return False
        with self._lock:
            self.events += events
        return True

    def fault(self) -> Callable[[Receiver, _Handler, bytes], None] | None:
        """What to do instead of answering, now and then."""
        with self._lock:
            if self.left == 0 or self._rng.random() < self._takes:
                return None
            self.left -= 1
            kind = self._rng.choice(self._kinds)
            self.shown.append(kind)
        return FAULTS[kind]

    def refuse_connections(self) -> None:
        """Be away for a moment: whoever connects is refused."""
        self._stop_listening()
        away = threading.Timer(0.2, self._come_back)
        away.daemon = True
        away.start()

    def _come_back(self) -> None:
        if not self.closed.is_set():
            self._listener = _listening(self.port)
            threading.Thread(target=self._accept, daemon=True).start()

    def _stop_listening(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept, which closing would not
        self._listener.close()

    def _accept(self) -> None:
        listener = self._listener
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        with connection, suppress(OSError):  # the client was killed, or has given up
            _Handler(connection, self)


class _Handler(BaseHTTPRequestHandler):
    """One request, with its answer or its fault."""

    def __init__(self, connection: socket.socket, receiver: Receiver) -> None:
        self.receiver = receiver
        super().__init__(connection, ("127.0.0.1", 0), None)  # type: ignore[arg-type]  # it is served without a server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if len(body) < int(self.headers["Content-Length"]):
            return  # the client was killed
        if fault := self.receiver.fault():
            fault(self.receiver, self, body)
        else:
            self.answer(202 if self.receiver.take(body) else 413)

    def answer(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def say(self, part: bytes) -> None:
        self.wfile.write(part)

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.connection.shutdown(socket.SHUT_RD)
        self.connection.close()

    def hang(self) -> None:
        """Say nothing until the client gives up."""
        with suppress(OSError):
            self.connection.recv(1)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name in the base class
        """Keep standard error for the test."""


def _refused(receiver: Receiver, handler: _Handler, _body: bytes) -> None:
    receiver.refuse_connections()
    handler.reset()


def _lost(receiver: Receiver, handler: _Handler, body: bytes) -> None:
    receiver.take(body)
    handler.reset()


def _half(receiver: Receiver, handler: _Handler, body: bytes) -> None:
    receiver.take(body)
    handler.say(b"HTTP/1.1 20")


def _took_and_hangs(receiver: Receiver, handler: _Handler, body: bytes) -> None:
    receiver.take(body)
    handler.hang()


FAULTS: dict[str, Callable[[Receiver, _Handler, bytes], None]] = {
    "refused": _refused,
    "reset": lambda _receiver, handler, _body: handler.reset(),
    "hangs": lambda _receiver, handler, _body: handler.hang(),
    "took and hangs": _took_and_hangs,
    "half": _half,
    "half, not taken": lambda _receiver, handler, _body: handler.say(b"HTTP/1.0 503 Ser"),
    "lost": _lost,
    "busy": lambda _receiver, handler, _body: handler.answer(503),
    "throttled": lambda _receiver, handler, _body: handler.answer(429, Retry_After="0"),
    "token revoked": lambda _receiver, handler, _body: handler.answer(401),
    "too large": lambda _receiver, handler, _body: handler.answer(413),
}


def _listening(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    made.listen()
    return made
