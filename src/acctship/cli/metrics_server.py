"""Metrics over HTTP, for a Prometheus that scrapes: `acctship run --metrics`."""

from __future__ import annotations

import threading
from socket import AF_INET6
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from acctship.cli.metrics import Read, application
from acctship.errors import AcctshipError

ANSWER = 5.0
"""Seconds that one client may take: others wait for it, for there is one thread."""
_NEVER = 86_400.0
"""Seconds between two looks at whether the server shall end, which it shall not: looking costs CPU time at rest."""


class Handler(WSGIRequestHandler):
    """Reads one request, and no longer than ANSWER."""

    timeout = ANSWER

    def log_message(self, *_: Any) -> None:
        """Nothing is logged for each scrape."""


class _Server(WSGIServer):
    def handle_error(self, *_: Any) -> None:
        """A client that went away is no news."""

    def server_bind(self) -> None:
        """As the library's, without asking the name service for our name."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class _Server6(_Server):
    address_family = AF_INET6


def serve(address: str, port: int, read: Read) -> int:
    """Answer scrapes on a thread of its own, until the process ends.

    Args:
        address: to listen on.
        port: to listen on; 0: any that is free.
        read: gives what is seen.

    Returns:
        The port.

    Raises:
        AcctshipError: the address cannot be used.
    """
    kind = _Server6 if ":" in address else _Server
    try:
        server = kind((address, port), Handler)
    except OSError as error:
        raise AcctshipError(f"--metrics {address}:{port}: cannot be used: {error.strerror or error}") from None
    server.set_app(application(read))
    threading.Thread(target=server.serve_forever, args=(_NEVER,), name="acctship-metrics", daemon=True).start()
    return server.server_port
