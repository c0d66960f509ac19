"""Where receivers are: several in order, each with a name that is resolved anew whenever a connection is made."""

from __future__ import annotations

import errno
import os
import select
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from acctship.errors import ConfigError, HaltError, OutputError, RetryableError
from acctship.network.deadline import Deadline

T = TypeVar("T")

_WORST_PORT = 65_535


@dataclass(frozen=True)
class Address:
    """A receiver, as the configuration names it.

    Attributes:
        host: a name, or an address of IPv4 or IPv6.
        port: of TCP or UDP.
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Place:
    """One of the addresses that the name of a receiver has at present.

    Attributes:
        family: AF_INET or AF_INET6.
        address: as connect(2) wants it.
        peer: what to call it in messages.
    """

    family: int
    address: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
    peer: str


def parse(text: str) -> Address:
    """Understand `HOST:PORT`, where an address of IPv6 stands in brackets.

    Raises:
        ConfigError: it is something else.

    >>> parse("[2001:db8::7]:6514")
    Address(host='2001:db8::7', port=6514)
    """
    host, _, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    bracketed = host == f"[{bare}]"
    if not bare or (host != bare and not bracketed) or (":" in bare) != bracketed:
        raise ConfigError(f'address: {text!r}: expected "HOST:PORT", or "[IPV6]:PORT"')
    if not (port.isascii() and port.isdecimal() and 0 < int(port) <= _WORST_PORT):
        raise ConfigError(f'address: {text!r}: expected a port from 1 to {_WORST_PORT} behind ":"')
    return Address(bare, int(port))


def places(address: Address, kind: socket.SocketKind) -> list[Place]:
    """All addresses that a name has at this moment, best first (getaddrinfo(3)).

    Raises:
        RetryableError: it has none, or nobody could be asked.
    """
    try:
        found = socket.getaddrinfo(address.host, address.port, type=kind)
    except (socket.gaierror, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "is no name of a host"
        raise RetryableError(f"{address}: {why}") from None
    made = []
    for family, _, _, _, where in found:
        peer = str(address) if where[0] == address.host else f"{address} ({where[0]})"
        made.append(Place(family, where, peer))
    return made


def connect(place: Place, deadline: Deadline) -> socket.socket:
    """Connect over TCP; the socket does not block.

    Raises:
        RetryableError: nobody takes the connection.
    """
    sock = socket.socket(place.family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        code = sock.connect_ex(place.address)
        if code == errno.EINPROGRESS:
            deadline.wait(sock, select.POLLOUT)
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise RetryableError(f"{place.peer}: {os.strerror(code)}")
    except TimeoutError as error:
        sock.close()
        raise RetryableError(f"{place.peer}: {error.strerror}") from None
    except BaseException:
        sock.close()
        raise
    return sock


def first_that_works(attempts: Iterable[Callable[[Deadline], T]], deadline: Deadline) -> T:
    """What the first attempt gives that raises nothing; each may take a fair share of the time.

    Raises:
        HaltError: each raised one: a person has to mend all of them.
        RetryableError: none worked; the reasons of all.
    """
    waiting = list(attempts)
    problems: list[Exception] = []
    while waiting:
        attempt = waiting.pop(0)
        try:
            return attempt(deadline.share(len(waiting) + 1))
        except (RetryableError, HaltError, OSError) as error:
            problems.append(error)
    raise combined(problems)


def what_each_says(attempts: Sequence[Callable[[Deadline], str]], deadline: Deadline) -> str:
    """What all attempts give, as one line, with the problems of those that raise; for `check` of an output.

    Raises:
        HaltError: each raised one.
        RetryableError: all raised something.
    """
    said: list[str] = []
    problems: list[Exception] = []
    for at, attempt in enumerate(attempts):
        try:
            said.append(attempt(deadline.share(len(attempts) - at)))
        except (OutputError, OSError) as error:
            problems.append(error)
    if not said:
        raise combined(problems)
    return "; ".join([*said, *(f"but {problem}" for problem in problems)])


def combined(problems: Sequence[Exception]) -> Exception:
    """One error for several: a HaltError only if each is one, for where one may pass, trying again may help.

    It asks for the shortest wait that one of them asked for.
    """
    if len(problems) == 1:
        return problems[0]
    text = "; ".join(str(problem) for problem in problems)
    if problems and all(isinstance(problem, HaltError) for problem in problems):
        return HaltError(text)
    waits = [wait for problem in problems if (wait := getattr(problem, "retry_after", None)) is not None]
    return RetryableError(text, retry_after=min(waits, default=None))
