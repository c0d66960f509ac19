"""A server over HTTP that answers as it is told: a stand-in for what a real one cannot be made to say."""

from __future__ import annotations

import gzip
import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from msgspec import Struct


class Request(Struct):
    """What somebody asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def ids(self) -> list[str]:
        """`_id` of each event of a bulk request."""
        return [json.loads(line)["create"]["_id"] for line in self.body.splitlines()[::2]]


class Answer(Struct):
    """What to say."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = {}

    @property
    def raw(self) -> bytes:
        """The body as bytes."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Script = Callable[[Request], Answer]


def stored(request: Request) -> Answer:
    """As Elasticsearch does when all is well."""
    return items({"status": 201} for _ in request.ids)


def items(of: Any) -> Answer:
    """The answer to a bulk request, of what it says of each event."""
    each = list(of)
    return Answer(200, {"errors": any("error" in one for one in each), "items": [{"create": one} for one in each]})


class Scripted(ThreadingHTTPServer):
    """Listens on 127.0.0.1.

    Args:
        script: makes an answer of each request.
        certificate: for TLS, with its key.

    Attributes:
        asked: all requests, in order.
        script: see above; it may change.
        released: for a script that waits until its test is over.
    """

    daemon_threads = True

    def __init__(self, script: Script = stored, certificate: tuple[Path, Path] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked, self.script, self.released = list[Request](), script, threading.Event()
        self._scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
            self._scheme = "https"

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"{self._scheme}://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """Keep standard error for the test: a client that does not trust the certificate goes away."""


class _Handler(BaseHTTPRequestHandler):
    server: Scripted
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        request = Request(self.command, self.path, {**self.headers}, body)
        self.server.asked.append(request)
        answer = self.server.script(request)
        self.send_response(answer.status)
        headers = {"Content-Type": "application/json", "X-Elastic-Product": "Elasticsearch"} | answer.headers
        for name, value in {"Content-Length": str(len(answer.raw)), **headers}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.raw)

    do_POST = do_PUT = do_GET  # noqa: N815 - the names in the base class

    def log_message(self, *_: object) -> None:
        """Keep standard error for the test."""
