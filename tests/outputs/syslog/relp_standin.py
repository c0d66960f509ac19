"""A server of RELP that says what a test wants: a stand-in, for rsyslog rejects nothing and answers in order."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Self

from acctship.testing import REJECTED_COMMAND

OFFER = b"200 OK\nrelp_version=0\nrelp_software=standin\ncommands=syslog"

Answers = Callable[[int, bytes], bytes]
"""What to say to a transaction of `syslog`, by its number and data; empty for nothing."""


def frame(number: int, data: bytes, command: bytes = b"rsp") -> bytes:
    """One frame of the server's."""
    return b"%d %b %d%b\n" % (number, command, len(data), b" " + data if data else b"")


def accept(number: int, _data: bytes) -> bytes:
    """Take it."""
    return frame(number, b"200 OK")


class RelpStandIn:
    """Takes connections one after the other.

    Args:
        answers: what to say to each message.
        opening: what to say to `open`, in place of an offer that suits.

    Attributes:
        port: where it listens.
        numbers: transactions of the last connection, in order.
        closed: connections that were ended by the command `close`.
    """

    def __init__(self, answers: Answers = accept, opening: bytes = OFFER) -> None:
        self._answers, self._opening = answers, opening
        self.numbers: list[int] = []
        self.closed = 0
        self._taken: list[bytes] = []
        self._rejecting = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._connection: socket.socket | None = None

    def taken(self) -> Sequence[bytes]:
        """Messages that were taken, in order."""
        return list(self._taken)

    @contextmanager
    def rejecting(self) -> Iterator[None]:
        """Reject the events that `OutputConformance` wants rejected."""
        self._rejecting = True
        yield
        self._rejecting = False

    def say(self, data: bytes) -> None:
        """Say something on the present connection."""
        assert self._connection is not None
        self._connection.sendall(data)

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for sock in (self._listener, self._connection):
            with suppress(OSError, AttributeError):
                sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]  # None has none, which is suppressed
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                threading.Thread(target=self._converse, args=(sock,), daemon=True).start()

    def _converse(self, sock: socket.socket) -> None:
        self._connection, self.numbers = sock, []
        inbox = b""
        with sock, suppress(OSError):
            while said := sock.recv(65536):
                inbox += said
                answers = b""
                while head := re.match(rb"([0-9]+) ([a-z]+) ([0-9]+)[ \n]", inbox):
                    end = head.end() + (int(head[3]) + 1 if int(head[3]) else 0)
                    if len(inbox) < end:
                        break
                    data, inbox = inbox[head.end() : max(head.end(), end - 1)], inbox[end:]
                    answers += self._answer(int(head[1]), head[2], data)
                sock.sendall(answers)

    def _answer(self, number: int, command: bytes, data: bytes) -> bytes:
        if command == b"open":
            return frame(number, self._opening)
        if command == b"close":
            self.closed += 1
            return frame(number, b"") + frame(0, b"", b"serverclose")
        self.numbers.append(number)
        if self._rejecting and f'"{REJECTED_COMMAND}"'.encode() in data:
            return frame(number, b"500 not wanted")
        self._taken.append(data)
        return self._answers(number, data)
