"""The service manager is told how we fare: sd_notify(3), over a datagram socket, without a library."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress


class Notifier:
    """Tells the service manager; without one, does nothing.

    What it needs is taken out of the environment: processes that we start shall not speak for us.

    Attributes:
        watchdog: seconds between two signs of life that are expected at the least; None: none are.
    """

    def __init__(self) -> None:
        self._address = _address(os.environ.pop("NOTIFY_SOCKET", ""))
        microseconds, pid = os.environ.pop("WATCHDOG_USEC", ""), os.environ.pop("WATCHDOG_PID", "")
        ours = not pid or pid == str(os.getpid())
        wanted = self._address and ours and microseconds.isdecimal() and int(microseconds)
        self.watchdog = int(microseconds) / 2e6 if wanted else None
        self._status = ""

    def ready(self) -> None:
        """All is opened, and works."""
        self._send("READY=1")

    def reloading(self) -> None:
        """The configuration is being read anew; `ready` tells the end of it (sd_notify(3), "RELOADING=1")."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """The end has begun."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """A sign of life, to be given twice as often as the service manager expects it."""
        self._send("WATCHDOG=1")

    def status(self, line: str) -> None:
        """One line for people, sent if it is another one than before."""
        if line != self._status:
            self._status = line
            self._send(f"STATUS={line}")

    def _send(self, message: str) -> None:
        if self._address is None:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)  # a service manager that does not listen keeps nobody waiting
            sender.sendto(message.encode("utf-8", "replace"), self._address)


def _address(name: str) -> bytes | None:
    """Address of the socket; None if there is none. An abstract one begins with @ (unix(7))."""
    if name[:1] == "@":
        return b"\0" + os.fsencode(name[1:])
    return os.fsencode(name) if name[:1] == "/" else None
