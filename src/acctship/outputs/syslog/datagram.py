"""Messages as datagrams: UDP, where any of them may get lost, and a Unix socket such as /dev/log, where none does."""

from __future__ import annotations

import errno
import os
import select
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import acctship
from acctship.network.addresses import Place
from acctship.network.deadline import Deadline
from acctship.network.wire import unacknowledged

_BURST = 32
_PAUSE = 0.001
"""Seconds between bursts of UDP. A receiver's buffer holds a few hundred messages, so 30,000 a second get lost where as
many in a row do; a kernel writes 15,000 records a second at most."""
_ANEW = 60.0
"""Seconds after which names are resolved again and the first receiver is tried again: UDP has no connection to lose."""
_NO_ROOM = 0.001
"""Seconds until the kernel is asked again whether it has room for a datagram (ENOBUFS, of which no event tells)."""


class Local:
    """The socket of this machine's own syslog daemon.

    Args:
        path: of the socket.

    Raises:
        OSError: nobody reads there; EPROTOTYPE if it is no socket of datagrams.
    """

    answers = True

    def __init__(self, path: str) -> None:
        self.peer, self._path = acctship.escape(os.fsencode(path)), path
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            self._sock.connect(path)
            self._reader = self._present_reader()
        except BaseException:
            self._sock.close()
            raise

    def alive(self) -> bool:
        """Tell whether the daemon to which this socket leads is still there."""
        try:
            return self._present_reader() == self._reader
        except OSError:
            return False

    def send(self, messages: Sequence[bytes], deadline: Deadline) -> Mapping[int, str]:
        """Send messages, and wait until the daemon has read them; gives those that are too long for a datagram.

        Raises:
            RetryableError: the daemon is gone, or did not read them in time.
        """
        rejected: dict[int, str] = {}
        with _named(self.peer):
            for at, message in enumerate(messages):
                if not _send(self._sock, message, deadline):
                    rejected[at] = _too_long(self.peer, message)
            while unacknowledged(self._sock):
                deadline.sleep(_NO_ROOM)
            if self._present_reader() != self._reader:  # what a daemon has not read when it ends looks like read
                raise acctship.RetryableError(f"{self.peer}: its daemon was replaced before it had read all")
        return rejected

    def close(self) -> None:
        """Let go of the socket."""
        self._sock.close()

    abandon = close

    def _present_reader(self) -> tuple[int, int, int]:
        """What tells the socket that stands there from a later one; only if somebody reads from it."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as another:
            another.connect(self._path)
        there = os.stat(self._path)  # noqa: PTH116 - a path may be no text
        return there.st_dev, there.st_ino, there.st_ctime_ns


class Udp:
    """UDP to the first of several places from which nobody answers that no one is there.

    Args:
        found: at least one.
    """

    answers = False

    def __init__(self, found: Sequence[Place]) -> None:
        self._places = list(found)
        self._sock, self.peer = _connected(self._places[0]), self._places[0].peer
        self._since = time.monotonic()

    def alive(self) -> bool:
        """Tell whether names need not be resolved anew yet."""
        return time.monotonic() - self._since < _ANEW

    def send(self, messages: Sequence[bytes], deadline: Deadline) -> Mapping[int, str]:
        """Send messages; gives those that are too long for a datagram.

        Raises:
            RetryableError: no receiver is there, as far as its machine has said, or they cannot be sent.
        """
        refused: list[str] = []
        for _ in self._places:
            try:
                with _named(self.peer):
                    return self._send(messages, deadline)
            except acctship.RetryableError as error:
                deadline.left()
                refused.append(str(error))
                self._go_on()
        raise acctship.RetryableError("; ".join(refused))

    def close(self) -> None:
        """Let go of the socket."""
        self._sock.close()

    abandon = close

    def _send(self, messages: Sequence[bytes], deadline: Deadline) -> Mapping[int, str]:
        rejected: dict[int, str] = {}
        for at, message in enumerate(messages):
            if at and at % _BURST == 0:
                deadline.sleep(_PAUSE)
            if not _send(self._sock, message, deadline):
                rejected[at] = _too_long(self.peer, message)
        if code := _error_of(self._sock):  # refused by ICMP, meanwhile
            raise OSError(code, os.strerror(code))
        return rejected

    def _go_on(self) -> None:
        """Turn to the next place."""
        self._places.append(self._places.pop(0))
        self._sock.close()
        self._sock, self.peer = _connected(self._places[0]), self._places[0].peer


def _connected(place: Place) -> socket.socket:
    sock = socket.socket(place.family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        sock.connect(place.address)
    except OSError as error:
        sock.close()
        raise acctship.RetryableError(f"{place.peer}: {error.strerror}") from None
    return sock


def _send(sock: socket.socket, message: bytes, deadline: Deadline) -> bool:
    """Send a datagram; False if it is longer than one can be."""
    while True:
        try:
            sock.send(message)
        except BlockingIOError:
            deadline.wait(sock, select.POLLOUT)
        except OSError as error:
            if error.errno == errno.EMSGSIZE:
                return False
            if error.errno != errno.ENOBUFS:
                raise
            deadline.sleep(_NO_ROOM)
        else:
            return True


def _error_of(sock: socket.socket) -> int:
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def _too_long(peer: str, message: bytes) -> str:
    return f"{peer}: {len(message)} bytes are longer than a datagram can be: lower max_message"


@contextmanager
def _named(peer: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise acctship.RetryableError(f"{peer}: {error.strerror or type(error).__name__}") from None
