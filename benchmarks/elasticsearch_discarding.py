"""A server that discards: it answers bulk requests as Elasticsearch would if storing cost nothing, and prints its URL.

    python benchmarks/elasticsearch_discarding.py

Each request is counted by its lines, and each event is told stored; whatever else is asked gets an empty answer.
"""

from __future__ import annotations

import re
import socket
import threading
from functools import cache

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_HEAD = b"\r\n".join(
    (
        b"HTTP/1.1 200 OK",
        b"X-Elastic-Product: Elasticsearch",
        b"Content-Type: application/json",
        b"Content-Length: %d\r\n\r\n",
    )
)
_PIECE = 1 << 20


@cache
def _answer(events: int) -> bytes:
    items = b",".join([b'{"create":{"status":201}}'] * events)
    body = b'{"errors":false,"items":[%b]}' % items
    return _HEAD % len(body) + body


def _serve(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    kept = b""
    while True:
        while b"\r\n\r\n" not in kept:
            if not (got := sock.recv(65536)):
                return
            kept += got
        head, _, rest = kept.partition(b"\r\n\r\n")
        found = _LENGTH.search(head)
        left = (int(found[1]) if found else 0) - len(rest)
        pieces = [rest]
        while left > 0:
            if not (got := sock.recv(min(left, _PIECE))):
                return
            pieces.append(got)
            left -= len(got)
        if b"gzip" in head.lower():
            import gzip  # noqa: PLC0415 - few senders compress

            pieces = [gzip.decompress(b"".join(pieces))]
        sock.sendall(_answer(sum(piece.count(b"\n") for piece in pieces) // 2))
        kept = b""


def main() -> None:
    """Serve for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=_serve, args=(sock,), daemon=True).start()


if __name__ == "__main__":
    main()
