"""Which of several receivers gets the next batch, and when one that failed gets any again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

import acctship
from acctship.network.addresses import first_that_works
from acctship.network.deadline import Deadline
from acctship.outputs.fluentd.session import Session

_PROBING = 10.0
"""Seconds that a probe may take, and between two of them at first."""
_RAREST = 600.0
"""Seconds between two probes in the end: a receiver that lets us in and then answers nothing would hold up a batch each
time."""

_log = logging.getLogger("acctship")

Connect = Callable[[Deadline], Session]
TROUBLE = (acctship.RetryableError, acctship.HaltError, acctship.ConfigError, OSError)
"""What says that a receiver cannot be used now."""


class Server:
    """One receiver, and the connections to it. Several threads may use it at once.

    Args:
        name: for messages.
        connect: makes a connection, shakes hands.
        weight: its share of batches; None where they are not shared out.
        connections: how many are used, in turn.
        closed: set when the output is closed.
    """

    def __init__(
        self, name: str, connect: Connect, weight: int | None, connections: int, closed: threading.Event
    ) -> None:
        self.name, self.connect, self.weight = name, connect, weight
        self.failed, self.failures, self.probe_at = False, 0, 0.0
        self.turn = 0
        self._slots = [_Slot(connect, closed) for _ in range(connections)]
        self._next = 0

    def session(self, deadline: Deadline) -> Session:
        """The connection whose turn it is, made anew if need be."""
        self._next = (self._next + 1) % len(self._slots)
        return self._slots[self._next].session(deadline)

    def close(self) -> None:
        """End all connections."""
        for slot in self._slots:
            slot.close()


class Servers:
    """The receivers of one output. Several threads may use it at once.

    Args:
        servers: in the order of the configuration.
        closed: set when the output is closed.
        clock: seconds that never go backwards.
    """

    def __init__(
        self, servers: Sequence[Server], closed: threading.Event, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.all = servers
        self._closed, self._clock = closed, clock
        self._lock, self._probing = threading.Lock(), False

    def take(self, deadline: Deadline) -> tuple[Server, Session]:
        """A receiver that can be used, and a connection to it.

        Raises:
            HaltError: none will be usable until a person mends the set-up.
            RetryableError: none is usable now.
        """
        with self._lock:
            order = self._order()
        self._probe()
        try:
            return first_that_works([partial(self._try, one) for one in order], deadline)
        except TimeoutError as error:  # the host would replace this output, and what it has learned, with a new one
            raise acctship.RetryableError(f"{order[0].name}: {error.strerror}") from None

    def works(self, server: Server) -> None:
        """Note that a receiver has acknowledged something."""
        with self._lock:
            server.failures = 0

    def fails(self, server: Server, error: Exception) -> None:
        """Note that a receiver cannot be used: it gets nothing before it was probed, unless there is no other."""
        with self._lock:
            server.failures += 1
            server.probe_at = self._clock() + min(_PROBING * 2.0 ** min(server.failures - 1, 10), _RAREST)
            first, server.failed = not server.failed, True
        if first and len(self.all) > 1:
            _log.warning("fluentd: %s fails, and gets nothing until it lets us in again: %s", server.name, error)

    def close(self) -> None:
        """End all connections."""
        for server in self.all:
            server.close()

    def _try(self, server: Server, deadline: Deadline) -> tuple[Server, Session]:
        try:
            session = server.session(deadline)
        except TROUBLE as error:
            self.fails(server, error)
            raise
        self._lets_us_in(server)
        return server, session

    def _lets_us_in(self, server: Server) -> None:
        with self._lock:
            again, server.failed = server.failed, False
        if again and len(self.all) > 1:
            _log.info("fluentd: %s lets us in again", server.name)

    def _order(self) -> list[Server]:
        """Those that work, best first; then those that failed, for the case that no other works, either."""
        sound = [one for one in self.all if not one.failed]
        shared = [one for one in sound if one.weight]
        for one in shared:  # each saves up its weight; the richest pays for a turn: any stretch keeps to the proportion
            one.turn += one.weight or 0
        if shared:
            richest = max(shared, key=lambda one: one.turn)
            richest.turn -= sum(one.weight or 0 for one in shared)
            sound.sort(key=lambda one: (one is not richest, -(one.weight or 0)))
        return [*sound, *(one for one in self.all if one.failed)]

    def _probe(self) -> None:
        """See in the background whether those that failed let us in again; sends go on meanwhile."""
        if len(self.all) == 1:
            return
        with self._lock:
            due = [one for one in self.all if one.failed and self._clock() >= one.probe_at]
            if not due or self._probing or len(due) == len(self.all):
                return
            self._probing = True
        threading.Thread(target=self._probe_all, args=(due,), name="acctship-fluentd-probe", daemon=True).start()

    def _probe_all(self, due: Sequence[Server]) -> None:
        try:
            for one in due:
                try:
                    _, session = self._try(one, Deadline(_PROBING, self._closed))
                    if not session.keepalive:
                        session.close()
                except TROUBLE as error:
                    _log.debug("fluentd: %s fails still: %s", one.name, error)
        finally:
            self._probing = False


class _Slot:
    """One connection, made when it is needed."""

    def __init__(self, connect: Connect, closed: threading.Event) -> None:
        self._connect, self._closed = connect, closed
        self._lock = threading.Lock()
        self._session: Session | None = None

    def session(self, deadline: Deadline) -> Session:
        with deadline.held(self._lock):
            if self._session is not None and self._session.usable(deadline):
                return self._session
            self._session = None
            made = self._connect(deadline)
            if made.keepalive:
                self._session = made
            if self._closed.is_set():  # `close` may have looked before it was there
                made.close()
                deadline.left()
            return made

    def close(self) -> None:
        if (session := self._session) is not None:
            session.close()
