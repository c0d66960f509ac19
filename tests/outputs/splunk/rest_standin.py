"""A stand-in for the REST API of a single Splunk server, for no Splunk is to be had here.

It answers as Splunk's REST API Reference documents these endpoints, over TLS, to the real splunk-sdk. That a real
server answers likewise is not shown by it.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.servers.certificates import Issued

USER, PASSWORD, SESSION = "admin", "correct horse", "192fd3e46a31246da7ea7f109e7f95fd"
TOKEN = "B5A79AAD-D822-46CC-80D1-819F80D7BFB0"

_HTTP = "/data/inputs/http"
_INDEXES = "/data/indexes"


@dataclass
class Splunk:
    """What the server has, and what it was asked to change.

    Attributes:
        url: of its management port.
        info: of `server/info`.
        collector: settings of the event collector as a whole.
        indexes: by name.
        tokens: by name, without `http://`.
        changes: path and form of each POST.
        answers: status and body that a path gives instead.
    """

    url: str = ""
    info: dict[str, Any] = field(default_factory=lambda: {"version": "9.4.1", "server_roles": ["indexer", "kv_store"]})
    collector: dict[str, Any] = field(default_factory=lambda: {"disabled": "1", "port": "8088", "enableSSL": "1"})
    indexes: dict[str, dict[str, Any]] = field(default_factory=lambda: {"main": {"datatype": "event"}})
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def get(self, path: str) -> dict[str, Any]:
        """Entries that a GET gives."""
        if path.endswith("/server/info"):
            return _feed({"server-info": self.info})
        if path.endswith(f"{_HTTP}/http"):
            return _feed({"http": self.collector})
        if path.endswith(_HTTP):
            return _feed({f"http://{name}": content for name, content in self.tokens.items()})
        assert path.endswith(_INDEXES), path
        return _feed(self.indexes)

    def post(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        """Entries that a POST gives."""
        self.changes.append((path, dict(form)))
        if path.endswith(f"{_HTTP}/http"):
            self.collector |= form
            return _feed({"http": self.collector})
        name = form.pop("name")
        if path.endswith(_HTTP):
            self.tokens[name] = {"token": TOKEN, **form, "indexes": form["indexes"].split(",")}
            return _feed({f"http://{name}": self.tokens[name]})
        assert path.endswith(_INDEXES), path
        self.indexes[name] = form
        return _feed({name: form})


def _feed(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {"entry": [{"name": name, "content": content} for name, content in entries.items()], "messages": []}


class _Handler(BaseHTTPRequestHandler):
    splunk: Splunk

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if self._let_in() and not self._answered(path):
            self._answer(200, self.splunk.get(path))

    def do_POST(self) -> None:
        form = {name: values[0] for name, values in parse_qs(self._body()).items()}
        path = urlsplit(self.path).path
        if self._answered(path):
            return
        if path == "/services/auth/login":
            self._log_in(form)
        elif self._let_in():
            assert form.pop("output_mode") == "json"
            self._answer(201, self.splunk.post(path, form))

    def _body(self) -> str:
        return self.rfile.read(int(self.headers["Content-Length"])).decode()

    def _log_in(self, form: dict[str, str]) -> None:
        if (form["username"], form["password"]) == (USER, PASSWORD):
            self._send(200, f"<response><sessionKey>{SESSION}</sessionKey></response>".encode())
        else:
            self._send(401, b'<response><messages><msg type="WARN">Login failed</msg></messages></response>')

    def _let_in(self) -> bool:
        allowed = self.headers["Authorization"] == f"Splunk {SESSION}"
        if not allowed:
            self._answer(401, {"messages": [{"type": "WARN", "text": "call not properly authenticated"}]})
        return allowed

    def _answered(self, path: str) -> bool:
        if path in self.splunk.answers:
            self._send(*self.splunk.answers[path])
        return path in self.splunk.answers

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        self._send(status, json.dumps(body).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(certificate: Issued) -> Iterator[Splunk]:
    """Start one on a free port."""
    splunk = Splunk()

    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"splunk": splunk}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    # The handshake belongs to the thread of the connection: a client that breaks it off stops nobody.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # such a client is what a test wants
    splunk.url = f"https://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield splunk
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
