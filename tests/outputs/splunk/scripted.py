"""A stand-in for Splunk, a HEC that answers as a test says: no free server refuses like it.

It takes all with a good token, numbers the batches of a channel, and says once of each number that it is true.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

TOKEN = "11111111-2222-3333-4444-555555555555"
CUT = "cut"
"""An answer: the connection is reset when the request was read."""
REJECTED = b'"reject-me"'


@dataclass
class Said:
    """One answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def said(status: int, code: int, /, *, headers: Any = None, **more: Any) -> Said:
    """An answer as Splunk writes it."""
    return Said(status, json.dumps({"text": f"text {code}", "code": code, **more}).encode(), headers or {})


@dataclass
class Request:
    """What was asked."""

    path: str
    headers: dict[str, str]
    objects: list[dict[str, Any]]
    body: bytes

    @property
    def ids(self) -> list[str]:
        """`event.id` of each event in it."""
        return [one["event"]["event"]["id"] for one in self.objects]


Answer = Said | str | None
Script = Callable[[Request], Answer]
"""What to answer; None: as it does by itself, and CUT."""


class Scripted(ThreadingHTTPServer):
    """The server.

    Args:
        acks: whether the token has acknowledgements.

    Attributes:
        script: asked first for each request.
        indexed: events that were taken, in order; one that came twice is there twice.
        requests: all that were asked.
        delayed: questions to which a number is false before it turns true.
    """

    daemon_threads, request_queue_size = True, 64

    def __init__(self, *, acks: bool = True) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.acks, self.delayed, self.script = acks, 0, list[Script]()
        self.indexed: list[str] = []
        self.requests: list[Request] = []
        self.lock = threading.Lock()
        self.numbers: dict[str, int] = defaultdict(int)
        self.asked: dict[tuple[str, int], int] = {}

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"

    def posts(self) -> list[Request]:
        """Batches that were sent."""
        return [one for one in self.requests if one.path.endswith("/event")]

    def polls(self) -> list[list[int]]:
        """Numbers of each question for acknowledgements."""
        return [json.loads(one.body)["acks"] for one in self.requests if one.path.endswith("/ack")]

    def answer(self, request: Request) -> Answer:
        """What to say to a request."""
        with self.lock:
            self.requests.append(request)
            scripts = list(self.script)
        for script in scripts:
            if (answer := script(request)) is not None:
                return answer
        with self.lock:
            return self.plain(request)

    def plain(self, request: Request) -> Said:
        """As Splunk answers where nothing is wrong."""
        if request.path.endswith("/health"):
            return said(200, 17)
        if request.headers.get("authorization") != f"Splunk {TOKEN}":
            return said(403, 4)
        channel = request.headers.get("x-splunk-request-channel", "")
        if request.path.endswith("/ack"):
            if not self.acks:
                return said(400, 14)
            true = {str(one): self._true(channel, one) for one in json.loads(request.body)["acks"]}
            return Said(200, json.dumps({"acks": true}).encode())
        if self.acks and not channel:
            return said(400, 10)
        if not request.objects:
            return said(400, 5)
        if any("event" not in one for one in request.objects):
            return said(400, 12, **{"invalid-event-number": 0})
        self.indexed += request.ids
        return self.take(channel)

    def take(self, channel: str) -> Said:
        """Give a number."""
        if not self.acks:
            return said(200, 0)
        number = self.numbers[channel]
        self.numbers[channel] += 1
        self.asked[channel, number] = self.delayed
        return said(200, 0, ackId=number)

    def _true(self, channel: str, number: int) -> bool:
        """Once, and then it is forgotten."""
        left = self.asked.get((channel, number))
        if left:
            self.asked[channel, number] = left - 1
        return self.asked.pop((channel, number)) == 0 if left == 0 else False

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    @contextmanager
    def rejecting(self) -> Iterator[None]:
        """Refuse a batch with some events in it, as Splunk does: those before the first one are indexed."""
        with self.saying(self.refuse):
            yield

    @contextmanager
    def saying(self, script: Script) -> Iterator[None]:
        """Answer as a script says."""
        self.script.append(script)
        yield
        self.script.remove(script)

    def refuse(self, request: Request) -> Answer:
        """The answer to a batch in which some event is bad; those before it are indexed."""
        bad = [at for at, one in enumerate(request.objects) if REJECTED in json.dumps(one).encode()]
        if not bad:
            return None
        self.indexed += request.ids[: bad[0]]
        return said(400, 6, **{"invalid-event-number": bad[0]})

    def handle_error(self, request: object, client_address: object) -> None: ...


def first(*answers: Answer, path: str = "/event") -> Script:
    """Give these answers, one after the other, and then none."""
    left, lock = list(answers), threading.Lock()

    def script(request: Request) -> Answer:
        if not request.path.endswith(path):
            return None
        with lock:
            return left.pop(0) if left else None

    return script


def always(answer: Answer, path: str = "/event") -> Script:
    """Give the same answer for ever."""
    return lambda request: answer if request.path.endswith(path) else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True
    server: Scripted

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        plain = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        headers = {name.lower(): value for name, value in self.headers.items()}
        objects = _objects(plain.decode()) if self.path.endswith("/event") else []
        answer = self.server.answer(Request(self.path, headers, objects, plain))
        if not isinstance(answer, Said):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    do_POST = do_GET  # noqa: N815 - the library's name

    def log_message(self, *_: object) -> None: ...


def _objects(text: str) -> list[dict[str, Any]]:
    """Objects of JSON, one behind the other."""
    decoder, at, found = json.JSONDecoder(), 0, list[dict[str, Any]]()
    while at < len(text):
        one, at = decoder.raw_decode(text, at)
        found.append(one)
    return found
