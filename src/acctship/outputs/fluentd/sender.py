"""The output `fluentd`: batches in, chunks out, and all of them acknowledged before `send` returns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial

import acctship
from acctship.network.addresses import what_each_says
from acctship.network.deadline import OURS, Deadline
from acctship.outputs.fluentd.chunks import Chunk, Packer
from acctship.outputs.fluentd.servers import TROUBLE, Server, Servers
from acctship.outputs.fluentd.session import MissingError
from acctship.outputs.fluentd.sizes import Sizes


class Sender:
    """Sends batches. Several threads may call `send` at once.

    Args:
        packer: makes chunks of events.
        reach: makes the receivers, given what is set when the output is closed, and `timeout`.
        sizes: how long chunks may be.
        timeout: of the output's limits, in seconds.
    """

    def __init__(
        self, packer: Packer, reach: Callable[[threading.Event, float], Servers], sizes: Sizes, timeout: float
    ) -> None:
        self._packer, self._sizes, self._seconds = packer, sizes, timeout * OURS
        self._closed = threading.Event()
        self._servers = reach(self._closed, self._seconds)

    def open(self) -> None:
        """Connect to one receiver.

        Raises:
            RetryableError: none can be reached now.
            HaltError: none will be until a person mends the set-up.
        """
        _, session = self._servers.take(Deadline(self._seconds, self._closed))
        if not session.keepalive:
            session.close()

    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        """Deliver a batch: return when all of its chunks are acknowledged.

        Raises:
            RetryableError: not all were acknowledged.
            HaltError: none will be before a person mends the set-up.
        """
        chunks, rejected = self._packer.chunks(batch, self._sizes.longest)
        self._deliver(chunks, Deadline(self._seconds, self._closed))
        return acctship.SendResult(rejected=rejected)

    def check(self) -> str:
        """Reach each receiver without sending an event; gives a line that says of each whether that worked.

        Raises:
            RetryableError: none can be reached now.
            HaltError: none will be until a person mends the set-up.
        """
        return what_each_says(
            [partial(self._greeted, server) for server in self._servers.all], Deadline(self._seconds, self._closed)
        )

    def close(self) -> None:
        """Close all connections; a `send` that is under way ends."""
        self._closed.set()
        self._servers.close()

    @staticmethod
    def _greeted(server: Server, deadline: Deadline) -> str:
        session = server.connect(deadline)
        greeted = f"{session.peer} {session.greeted(deadline)}"
        session.close()
        return greeted

    def _deliver(self, chunks: Iterable[Chunk], deadline: Deadline) -> None:
        waiting = {chunk.id: chunk for chunk in chunks}
        while waiting:
            before = list(waiting)
            server, session = self._servers.take(deadline)
            try:
                session.deliver(waiting, deadline)
            except TROUBLE as error:
                missing = isinstance(error, MissingError)
                self._sizes.lost(waiting.values(), missing=missing)
                # A receiver that closes after each chunk (Fluentd's deny_keepalive) has still taken one.
                # Where an acknowledgement is missing, no time is left: a TimeoutError would have this object, and the
                # length that it has learned, replaced by a new one.
                again = isinstance(error, acctship.RetryableError) and not missing
                if len(waiting) == len(before) or not again:
                    self._servers.fails(server, error)
                    raise
            self._sizes.acknowledged(name for name in before if name not in waiting)
            self._servers.works(server)
