"""The webhook passes the suite that acctship has for outputs: `pip install -e '.[test]' && pytest`."""

import json
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from acctship.testing import REJECTED_COMMAND, Fault, FaultProxy, OutputConformance


class Server(ThreadingHTTPServer):
    """The receiver: it notes the event.ids that it takes; the proxy in front of it shows what happens to networks."""

    def __init__(self, secret: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.secret, self.taken, self.shown = secret, list[str](), ""
        self.proxy = FaultProxy("127.0.0.1", self.server_port)

    def config(self) -> dict[str, Any]:
        return {
            "type": "webhook",
            "url": f"http://127.0.0.1:{self.proxy.port}/acct",
            "secret": {"file": str(self.secret)},
        }

    def ids(self) -> list[str]:
        return self.taken

    def fault(self, kind: Fault, /) -> AbstractContextManager[object]:
        match kind:
            case "reject" | "throttle":
                return self.show(kind)
            case _:
                return self.proxy.fault(kind)

    @contextmanager
    def show(self, kind: Fault) -> Iterator[None]:
        self.shown = kind
        yield
        self.shown = ""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            return  # the connection was cut off
        if self.server.shown == "throttle":
            self.answer(429, {"Retry-After": "7"})
        elif self.server.shown == "reject" and f'"{REJECTED_COMMAND}"'.encode() in body:
            self.answer(413)
        else:
            self.server.taken += [json.loads(line)["event"]["id"] for line in body.splitlines()]
            self.answer(202)

    def answer(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": "0", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


class TestWebhook(OutputConformance):
    faults = ("down", "hang", "reset", "lost-ack", "reject", "throttle")

    @pytest.fixture
    def receiver(self, tmp_path: Path) -> Iterator[Server]:
        secret = tmp_path / "secret"
        secret.write_text("correct horse\n")
        with Server(secret) as server, server.proxy:
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            yield server
            server.shutdown()
