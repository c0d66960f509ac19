"""A receiver of webhooks over TLS, in the process of the test: stdlib's HTTP server, certificates by openssl(1)."""

from __future__ import annotations

import hmac
import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.conftest import skip


class Receiver(ThreadingHTTPServer):
    """Takes what is signed with its secret, and says 401 to all else.

    Attributes:
        secret: that it knows now.
        events: that it took.
        refused: how many requests it refused.
    """

    daemon_threads = True

    def __init__(self, certificate: Path, secret: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.secret, self.events, self.refused = secret, list[dict[str, Any]](), 0
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.show(certificate)
        self.socket = self._context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def show(self, certificate: Path) -> None:
        """Have this certificate from the next connection on."""
        self._context.load_cert_chain(certificate)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that does not trust us hangs up: that is what some tests want."""

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_address[1]}/acct"

    @property
    def pids(self) -> list[int]:
        return [event["process"]["pid"] for event in self.events if "process" in event]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        taken = self._known(body)
        if taken:
            self.server.events += [json.loads(line) for line in body.splitlines()]
        self._answer(202 if taken else 401)

    def do_OPTIONS(self) -> None:
        self._answer(204 if self._known(b"") else 401)

    def _known(self, body: bytes) -> bool:
        expected = "sha256=" + hmac.digest(self.server.secret.encode(), body, "sha256").hex()
        known = hmac.compare_digest(expected, self.headers["X-Signature"])
        self.server.refused += not known
        return known

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name in the base class
        """Keep standard error for the test."""


@contextmanager
def receiving(certificate: Path, secret: str) -> Iterator[Receiver]:
    """A receiver that runs."""
    with Receiver(certificate, secret) as receiver:
        threading.Thread(target=receiver.serve_forever, args=(0.01,), daemon=True).start()
        yield receiver
        receiver.shutdown()


def make_certificate(path: Path) -> Path:
    """A certificate for 127.0.0.1 that is its own CA, and its key, in one file."""
    if not shutil.which("openssl"):
        skip("openssl is missing: install openssl")
    key = path.with_suffix(".key")
    subject = ["-subj", f"/CN={path.stem}", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key)]
    subprocess.run(["openssl", "req", "-x509", *curve, *subject, "-out", str(path)], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + key.read_bytes())
    return path
