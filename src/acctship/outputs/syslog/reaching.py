"""How the first receiver that can be reached is found, and what is said with it before the first message."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

import acctship
from acctship.network import addresses, local, tls
from acctship.network.addresses import Address, Place
from acctship.network.deadline import Deadline
from acctship.network.wire import Wire, first_that_begins
from acctship.outputs.syslog.datagram import Local, Udp
from acctship.outputs.syslog.framing import FRAMINGS
from acctship.outputs.syslog.relp import Relp
from acctship.outputs.syslog.stream import Stream

if TYPE_CHECKING:
    from acctship.outputs.syslog.config import Config

_DAEMON = "syslog daemon"


class Session(Protocol):
    """Sends to one receiver until something fails; then it is abandoned, and another one is begun."""

    answers: bool
    """Whether it would not be there if nobody were."""

    @property
    def peer(self) -> str:
        """The receiver, for messages."""

    def alive(self) -> bool:
        """Tell whether it may be used for the next batch."""

    def send(self, messages: Sequence[bytes], deadline: Deadline, /) -> Mapping[int, str]:
        """Deliver all; gives position and reason of those that will never be taken."""

    def close(self) -> None:
        """End it so that nothing gets lost."""

    def abandon(self) -> None:
        """End it at once."""


Attempt = Callable[[Deadline], Session]


def attempts(config: Config, seconds: float) -> list[Attempt]:
    """One for each receiver of the configuration, in its order.

    Args:
        config: of the output.
        seconds: after which a peer that does not acknowledge is gone.

    Raises:
        ConfigError: an address is none.
    """
    named = (config.address,) if isinstance(config.address, str) else config.address
    if config.transport == "unix":
        return [partial(_unix, config, path) for path in named]
    parsed = [addresses.parse(text) for text in named]
    if config.transport == "udp":
        return [partial(_udp, parsed)]
    return [partial(_named, config, address, seconds) for address in parsed]


def _named(config: Config, address: Address, seconds: float, deadline: Deadline) -> Session:
    return first_that_begins(address, seconds, partial(_begun, config, address), deadline)


def _begun(config: Config, address: Address, wire: Wire, deadline: Deadline) -> Session:
    if config.transport in ("tls", "relp+tls"):
        encrypted = wire.encrypt(tls.context(config), config.server_name or address.host, deadline)
        tls.verify(config, encrypted, wire.peer)
    if config.transport in ("relp", "relp+tls"):
        relp = Relp(wire, config.relp_window)
        relp.open(deadline)
        return relp
    stream = Stream(wire, FRAMINGS[config.framing])
    stream.open(deadline)
    return stream


def _udp(parsed: Sequence[Address], _deadline: Deadline) -> Session:
    found: list[Place] = []
    unknown: list[Exception] = []
    for address in parsed:
        try:
            found += addresses.places(address, socket.SOCK_DGRAM)
        except acctship.RetryableError as error:
            unknown.append(error)
    if not found:
        raise addresses.combined(unknown)
    return Udp(found)


def _unix(config: Config, path: str, _deadline: Deadline) -> Session:
    """Whichever kind the socket is of: /dev/log is of datagrams, as a rule."""
    try:
        return Local(path)
    except OSError as error:
        if error.errno != errno.EPROTOTYPE:
            raise local.nobody(path, error, _DAEMON) from None
    sock = local.connect(path, _DAEMON)
    return Stream(Wire(sock, acctship.escape(os.fsencode(path))), FRAMINGS[config.framing])
