"""One connection over a stream socket, plain or TLS, on which nothing waits beyond a deadline."""

from __future__ import annotations

import fcntl
import select
import socket
import ssl
import struct
import termios
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from acctship.errors import HaltError, OutputError, RetryableError
from acctship.network.addresses import Address, Place, connect, first_that_works, places
from acctship.network.deadline import Deadline
from acctship.network.tls import explain

T = TypeVar("T")

_KEEPALIVE = {socket.TCP_KEEPIDLE: 60, socket.TCP_KEEPINTVL: 20, socket.TCP_KEEPCNT: 3}
"""Seconds and times of tcp(7): a peer that is gone without a word is known after two minutes at rest."""
_GONE = select.POLLIN | select.POLLRDHUP
_CLOSING = 2.0
"""Seconds that a peer may take to say that it has seen our end of TLS."""
_SHORTEST, _LONGEST = 0.000_05, 0.02
"""Seconds between two looks at what the peer's kernel has taken: no event tells of it."""


class Wire:
    """A connected socket; `first_that_begins` makes it, and each error names its peer.

    Threads that share it hold one lock of theirs whenever they call `write` or `listen` or look into the inbox. One of
    those that wait for an answer waits in `until_word` without that lock, the others in `Deadline.wait_for`. Whoever
    gives the connection up calls `cut`, and the last of them `abandon`, for nobody may wait on what is closed.

    Args:
        sock: not blocking.
        peer: where it leads, for messages.

    Attributes:
        peer: the same.
        inbox: a bytearray of what the peer has said; take out what is understood, from its front.
    """

    def __init__(self, sock: socket.socket, peer: str) -> None:
        self.peer, self.inbox = peer, bytearray()
        self._sock = sock

    def encrypt(self, context: ssl.SSLContext, name: str, deadline: Deadline) -> ssl.SSLSocket:
        """Speak TLS from now on; give what this returns to `tls.verify`.

        Args:
            context: what with, of `tls.context`.
            name: which the certificate must be for, if names are checked.
            deadline: of the handshake.

        Raises:
            HaltError: the two cannot trust or understand each other.
            RetryableError: it broke off, or took too long.
        """
        try:
            asked = name.encode("idna")
        except UnicodeError:
            asked = b""
        if not asked:  # `wrap_socket` would refuse it, and leave the socket open
            raise HaltError(f"{self.peer}: {name!r} is no name of a server: check server_name")
        encrypted = context.wrap_socket(self._sock, server_hostname=name, do_handshake_on_connect=False)
        self._sock = encrypted
        while True:
            try:
                encrypted.do_handshake()
            except ssl.SSLWantReadError:
                wanted = select.POLLIN
            except ssl.SSLWantWriteError:
                wanted = select.POLLOUT
            except OSError as error:
                raise self._failure(error) from None
            else:
                return encrypted
            try:
                deadline.wait(encrypted, wanted)
            except TimeoutError as error:  # who speaks no TLS may wait for more, and say nothing
                raise RetryableError(f"{self.peer}: {error.strerror} to our TLS: does it speak TLS there?") from None

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Hand bytes to this machine's kernel, all of them; what the peer says meanwhile comes into the inbox.

        Look into the inbox afterwards, also when this raises: what was taken in wakes no thread in `until_word`, and
        may be an answer that it waits for.

        Raises:
            RetryableError: the connection is gone, or it took too long.
            HaltError: the peer said over TLS what a person has to mend.
        """
        view = memoryview(data)
        while view:
            try:
                view = view[self._sock.send(view) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                if self._wait(deadline, select.POLLOUT | _GONE) & ~select.POLLOUT:
                    self.listen()
            except ssl.SSLWantReadError:
                self._wait(deadline, select.POLLIN)
            except OSError as error:
                with suppress(OSError, RetryableError):
                    self.listen()  # over TLS, the last thing that it said may be why
                raise self._failure(error) from None

    def listen(self, deadline: Deadline | None = None) -> None:
        """Take what the peer has said into the inbox; with a deadline, wait until it says something.

        When the peer ends, this raises, and its last words are in the inbox: look there first, for they may say why.

        Raises:
            RetryableError: the connection is gone, or nothing came in time.
            HaltError: the peer said over TLS what a person has to mend.
        """
        before = len(self.inbox)
        while True:
            try:
                while said := self._sock.recv(65536):
                    self.inbox += said
            except (BlockingIOError, ssl.SSLWantReadError):
                if deadline is None or len(self.inbox) > before:
                    return
                self._acknowledge_at_once()
                self._wait(deadline, _GONE)
            except OSError as error:
                raise self._failure(error) from None
            else:
                raise RetryableError(f"{self.peer}: closed the connection")

    def until_word(self, deadline: Deadline) -> None:
        """Wait until the peer says something or ends, for `listen`; another thread may write meanwhile.

        Raises:
            TimeoutError: the deadline came first.
            RetryableError: the output is closed.
        """
        self._acknowledge_at_once()
        deadline.wait(self._sock, _GONE)

    def flush(self, deadline: Deadline) -> None:
        """Wait until the peer's kernel has all that was written (for a Unix socket, until its reader has).

        Raises:
            RetryableError: the connection is gone, or it took too long.
            HaltError: the peer said over TLS what a person has to mend.
        """
        pause = _SHORTEST
        while unacknowledged(self._sock):
            self.listen()
            try:
                deadline.sleep(pause)
            except TimeoutError as error:
                raise self._failure(error) from None
            pause = min(2 * pause, _LONGEST)
        self.listen()  # a reset empties the queue, too

    def settle(self, seconds: float, deadline: Deadline) -> None:
        """See that the peer does not close at once what it has just accepted.

        Raises:
            RetryableError: it has closed it.
            HaltError: the peer said over TLS what a person has to mend.
        """
        end = deadline.at_most(seconds)
        while True:
            try:
                end.wait(self._sock, _GONE)
            except TimeoutError:
                deadline.left()
                return
            self.listen()

    def close(self) -> None:
        """End the connection so that the peer reads all that it was sent: a bare close can make it lose the rest."""
        deadline = Deadline(_CLOSING, threading.Event())
        with suppress(OSError, ValueError, OutputError):
            if isinstance(self._sock, ssl.SSLSocket):
                self._end_tls(self._sock, deadline)
            self._sock.shutdown(socket.SHUT_WR)
            self.listen()  # what is unread would turn the end into a reset
        self._sock.close()

    def cut(self) -> None:
        """End both directions at once, which wakes a thread that waits; `abandon` it when none does any more."""
        with suppress(OSError):
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)  # that of SSLSocket would forget TLS under its reader

    def abandon(self) -> None:
        """Let go of a connection that has failed."""
        self._sock.close()

    def _end_tls(self, encrypted: ssl.SSLSocket, deadline: Deadline) -> None:
        while True:
            try:
                encrypted.unwrap()
            except ssl.SSLWantReadError:
                self._wait(deadline, select.POLLIN)
            except ssl.SSLWantWriteError:
                self._wait(deadline, select.POLLOUT)
            else:
                return

    def _wait(self, deadline: Deadline, events: int) -> int:
        try:
            return deadline.wait(self._sock, events)
        except TimeoutError as error:
            raise self._failure(error) from None

    def _acknowledge_at_once(self) -> None:
        """Keep this kernel from sitting on its acknowledgement for 40 ms, for which a peer may wait (tcp(7))."""
        if self._sock.family != socket.AF_UNIX:
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _failure(self, error: OSError) -> OutputError:
        if isinstance(error, ssl.SSLError):
            return explain(error, self.peer)
        return RetryableError(f"{self.peer}: {error.strerror or type(error).__name__}")


def first_that_begins(address: Address, seconds: float, begin: Callable[[Wire, Deadline], T], deadline: Deadline) -> T:
    """What is begun over TCP with the first of a name's addresses with which that works.

    Args:
        address: of the receiver.
        seconds: for `tune`.
        begin: says what has to be said first; if it raises, the connection is let go of.
        deadline: of all attempts; each may take a fair share of the time.

    Raises:
        HaltError: a person has to mend what was wrong each time.
        RetryableError: none worked; the reasons of all.
    """

    def attempt(place: Place, share: Deadline) -> T:
        sock = connect(place, share)
        tune(sock, seconds)
        wire = Wire(sock, place.peer)
        try:
            return begin(wire, share)
        except BaseException:
            wire.abandon()
            raise

    return first_that_works([partial(attempt, place) for place in places(address, socket.SOCK_STREAM)], deadline)


def tune(sock: socket.socket, seconds: float) -> None:
    """Have the kernel notice a peer that is gone: while it owes an answer to what was sent, and at rest (tcp(7)).

    Args:
        sock: of TCP.
        seconds: after which what was sent, and is not acknowledged, shows that it is gone.
    """
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE.items():
        sock.setsockopt(socket.IPPROTO_TCP, option, value)


def unacknowledged(sock: socket.socket) -> int:
    """Bytes that the peer's kernel has not taken; for a Unix socket, that its reader has not (SIOCOUTQ, tcp(7))."""
    (count,) = struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, b"\0" * 4))
    return int(count)
