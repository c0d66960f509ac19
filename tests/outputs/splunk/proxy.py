"""A stand-in for an HTTP proxy: it passes on what is asked of it whole, or by CONNECT, and notes it."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

_HEAD_END = b"\r\n\r\n"


class Proxy:
    """The proxy.

    Attributes:
        asked: first line of each connection.
        refusing: answers all with 403.
    """

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.asked: list[str] = []
        self.refusing = False

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            data = b""
            while _HEAD_END not in data:
                if not (more := client.recv(65536)):
                    return
                data += more
            line = data.partition(b"\r\n")[0].decode()
            self.asked.append(line)
            if self.refusing:
                client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            method, target, _ = line.split(" ")
            where = urlsplit(f"//{target}" if method == "CONNECT" else target)
            with socket.create_connection((where.hostname or "", where.port or 80)) as server:
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                else:
                    server.sendall(data)  # servers understand a whole URL, too (RFC 9112, 3.2.2)
                threading.Thread(target=_pass_on, args=(server, client), daemon=True).start()
                _pass_on(client, server)


def _pass_on(there: socket.socket, here: socket.socket) -> None:
    with suppress(OSError):
        while data := there.recv(65536):
            here.sendall(data)
    with suppress(OSError):
        here.shutdown(socket.SHUT_WR)
