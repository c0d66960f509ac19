"""A receiver of webhooks that counts, in a process of its own: HTTP/1.1 with keep-alive, on one thread.

It prints its port; for each line on standard input it prints what it has counted since the last one, as JSON, by path.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import sys
import time
from typing import Any

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"connection: *close", re.IGNORECASE)
_ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n"


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Counts:
    """What has been seen since the last report."""

    def __init__(self, still_open: int = 0) -> None:
        self.since, self.cpu = time.monotonic(), _cpu_seconds()
        self.connections, self.open, self.most_open = 0, still_open, still_open
        self.paths: dict[str, dict[str, int]] = {}
        self.tenths: dict[int, int] = {}
        self.sample = b""

    def note(self, path: str, body: bytes) -> None:
        """One request has come."""
        counts = self.paths.setdefault(path, {"requests": 0, "events": 0, "bytes": 0})
        counts["requests"] += 1
        counts["events"] += body.count(b"\n")
        counts["bytes"] += len(body)
        tenth = int((time.monotonic() - self.since) * 10)
        self.tenths[tenth] = self.tenths.get(tenth, 0) + 1
        self.sample = body

    def report(self) -> dict[str, Any]:
        """All of it, for people."""
        seconds = time.monotonic() - self.since
        return {
            "seconds": seconds,
            "cpu": (_cpu_seconds() - self.cpu) / seconds,
            "connections": self.connections,
            "most_open": self.most_open,
            "paths": self.paths,
            "busiest_tenth": max(self.tenths.values(), default=0),
            "busiest_second": max((self._second(tenth) for tenth in self.tenths), default=0),
            "sample": self.sample.splitlines()[-1].decode() if self.sample else "",
        }

    def _second(self, first: int) -> int:
        return sum(self.tenths.get(tenth, 0) for tenth in range(first, first + 10))


class Connection(asyncio.Protocol):
    """One connection: requests one after the other."""

    counts = Counts()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It begins."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._buffer = transport, bytearray()
        counts = Connection.counts
        counts.connections += 1
        counts.open += 1
        counts.most_open = max(counts.most_open, counts.open)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        """It has ended."""
        Connection.counts.open -= 1

    def data_received(self, data: bytes) -> None:
        """Answer what is complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end])
            found = _LENGTH.search(head)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._buffer) < whole:
                return
            Connection.counts.note(head.split(b" ", 2)[1].decode(), bytes(self._buffer[end + 4 : whole]))
            del self._buffer[:whole]
            last = bool(_CLOSE.search(head))
            self._transport.write(_ANSWER + (b"Connection: close\r\n\r\n" if last else b"\r\n"))
            if last:
                self._transport.close()


async def main() -> None:
    """Serve until standard input ends."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while await orders.readline():
        print(json.dumps(Connection.counts.report()), flush=True)
        Connection.counts = Counts(Connection.counts.open)


if __name__ == "__main__":
    asyncio.run(main())
