"""How a receiver is reached, and what is said with it before the first chunk."""

from __future__ import annotations

import os
import socket
import threading
from functools import partial

import acctship
from acctship.network import addresses, local, tls
from acctship.network.addresses import Address
from acctship.network.deadline import Deadline
from acctship.network.wire import Wire, first_that_begins
from acctship.outputs.fluentd.config import Config
from acctship.outputs.fluentd.handshake import Credentials, new_salt, shake
from acctship.outputs.fluentd.replies import Replies
from acctship.outputs.fluentd.servers import Server, Servers
from acctship.outputs.fluentd.session import Session


def servers(config: Config, closed: threading.Event, seconds: float) -> Servers:
    """The receivers of a configuration.

    Args:
        config: of the output.
        closed: set when the output is closed.
        seconds: after which a peer that does not acknowledge on the level of TCP is gone.

    Raises:
        ConfigError: an address is none.
    """
    made = []
    for at, text in enumerate(config.addresses):
        if text.startswith("/"):
            connect = partial(_local, config, text)
        else:
            connect = partial(_named, config, addresses.parse(text), seconds)
        weight = None if config.weights is None else config.weights[at]
        made.append(Server(acctship.escape(os.fsencode(text)), connect, weight, config.connections, closed))
    return Servers(made, closed)


def _named(config: Config, address: Address, seconds: float, deadline: Deadline) -> Session:
    return first_that_begins(address, seconds, partial(_begun, config, address.host), deadline)


def _local(config: Config, path: str, deadline: Deadline) -> Session:
    return _begun(config, path, Wire(local.connect(path, "receiver"), acctship.escape(os.fsencode(path))), deadline)


def _begun(config: Config, name: str, wire: Wire, deadline: Deadline) -> Session:
    try:
        if config.tls:
            encrypted = wire.encrypt(tls.context(config), config.server_name or name, deadline)
            tls.verify(config, encrypted, wire.peer)
        replies = Replies(wire.peer)
        if config.shared_key is None and config.username is None:
            return Session(wire, replies)

        keepalive = shake(
            wire.peer,
            _credentials(config),
            lambda: _next(wire, replies, deadline),
            lambda data: wire.write(data, deadline),
        )
        return Session(wire, replies, keepalive=keepalive, proven=True)
    except BaseException:
        wire.abandon()
        raise


def _next(wire: Wire, replies: Replies, deadline: Deadline) -> object:
    """The next message; also one behind which the connection ends, for it may say why."""
    ended: acctship.OutputError | None = None
    while True:
        for message in replies.take(wire.inbox):
            return message
        if ended is not None:
            raise ended
        try:
            wire.listen(deadline)
        except acctship.OutputError as error:
            ended = error


def _credentials(config: Config) -> Credentials:
    """Secrets as they are now.

    Raises:
        ConfigError: one cannot be read.
    """
    key = config.shared_key.reveal() if config.shared_key is not None else ""  # Fluent Bit's empty_shared_key
    password = config.password.reveal() if config.password is not None else ""
    host = os.fsencode(socket.gethostname()).decode("utf-8", "replace")
    return Credentials(host, key, config.username, password, new_salt())
