"""Receivers on this machine: stream sockets with a path."""

from __future__ import annotations

import errno
import os
import socket

from acctship.errors import HaltError, OutputError, RetryableError
from acctship.events.escape import escape


def connect(path: str, who: str) -> socket.socket:
    """Connect to a stream socket; the socket does not block.

    Args:
        path: of the socket.
        who: listens there, for messages.

    Raises:
        HaltError: it is no stream socket, or not for us.
        RetryableError: nobody takes the connection.
    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        sock.connect(path)
    except OSError as error:
        sock.close()
        raise nobody(path, error, who) from None
    return sock


def nobody(path: str, error: OSError, who: str) -> OutputError:
    """Say what a person has to mend, if nobody takes a connection to a path."""
    shown = escape(os.fsencode(path))
    if isinstance(error, PermissionError):
        return HaltError(f"{shown}: permission denied: may acctship write to it?")
    if error.errno == errno.EPROTOTYPE:
        return HaltError(f"{shown}: is a socket, but of a kind that nothing is sent to")
    if error.errno in (errno.ENOENT, errno.ECONNREFUSED, errno.ENOTSOCK, errno.ENOTDIR):
        return RetryableError(f"{shown}: {error.strerror}: is the {who} running?")
    return RetryableError(f"{shown}: {error.strerror or error}")
