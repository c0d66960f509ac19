"""Thousands of imitated senders in one process: what the webhook of a daemon does on the wire, and nothing else.

    fleet_senders.py PORT < ORDERS, a JSON object: machines, seconds, period, rate, line, keep_alive, backlog, splay

Each sender posts what has come up since its last request, a new connection each time unless `keep_alive`; with
`backlog`, each posts so many events once, after a random part of `splay`. Prints JSON: answers, failures, longest wait
for an answer, and how late the sends were, which is what this process could not keep up with.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import socket
import sys
import time
from dataclasses import dataclass, field

IP_BIND_ADDRESS_NO_PORT = 24  # ip(7); Python has no name for it
_PATIENCE = 30.0


@dataclass
class Fleet:
    """What all senders share."""

    port: int
    line: bytes
    keep_alive: bool
    answers: int = 0
    failures: int = 0
    longest: float = 0.0
    late: list[float] = field(default_factory=list)


class Sender:
    """One machine: it has a source address of its own among some hundred, for the ports of one would not do."""

    def __init__(self, fleet: Fleet, number: int) -> None:
        self._fleet, self._address = fleet, f"127.0.{1 + number % 100}.1"
        self._socket: socket.socket | None = None

    async def post(self, events: int, due: float) -> None:
        """Send one batch, and wait for its answer."""
        loop, fleet = asyncio.get_running_loop(), self._fleet
        fleet.late.append(time.monotonic() - due)
        body = fleet.line * events
        connection = "keep-alive" if fleet.keep_alive else "close"
        head = f"POST /acct HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nConnection: {connection}\r\n\r\n"
        began = time.monotonic()
        try:
            async with asyncio.timeout(_PATIENCE):
                used = self._socket or await self._connect(loop)
                await loop.sock_sendall(used, head.encode() + body)
                answered = (await loop.sock_recv(used, 4096)).startswith(b"HTTP/1.1 202")
        except OSError:
            answered = False
        fleet.answers += answered
        fleet.failures += not answered
        fleet.longest = max(fleet.longest, time.monotonic() - began)
        if self._socket and not (fleet.keep_alive and answered):
            self._socket.close()
            self._socket = None

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> socket.socket:
        self._socket = made = socket.socket()
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        made.bind((self._address, 0))
        await loop.sock_connect(made, ("127.0.0.1", self._fleet.port))
        return made

    async def follow(self, period: float, rate: float, end: float) -> None:
        """Post what has come up, again and again, beginning at a random moment."""
        due = time.monotonic() + random.uniform(0, period)
        owed = 0.0
        while due < end:
            await asyncio.sleep(due - time.monotonic())
            owed += rate * period
            await self.post(int(owed), due)
            owed -= int(owed)
            due = max(due + period, time.monotonic())

    async def start(self, backlog: int, splay: float) -> None:
        """Post what came up while the machine was away."""
        due = time.monotonic() + random.uniform(0, splay)
        await asyncio.sleep(due - time.monotonic())
        await self.post(backlog, due)


async def main() -> None:
    """Do what the orders say."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    orders = json.load(sys.stdin)
    fleet = Fleet(int(sys.argv[1]), orders["line"].encode() + b"\n", orders["keep_alive"])
    senders = [Sender(fleet, number) for number in range(orders["machines"])]
    if orders["backlog"]:
        work = [one.start(orders["backlog"], orders["splay"]) for one in senders]
    else:
        end = time.monotonic() + orders["seconds"]
        work = [one.follow(orders["period"], orders["rate"], end) for one in senders]
    await asyncio.gather(*work)
    fleet.late.sort()
    print(
        json.dumps(
            {
                "answers": fleet.answers,
                "failures": fleet.failures,
                "longest": fleet.longest,
                "late": fleet.late[len(fleet.late) * 99 // 100],
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main())
