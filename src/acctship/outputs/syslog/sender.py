"""Output `syslog`: batches over one connection, which is made anew whenever it has failed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Protocol

import acctship
from acctship.network.addresses import first_that_works, what_each_says
from acctship.network.deadline import OURS, Deadline
from acctship.outputs.syslog.reaching import Attempt, Session

_TELL = 60.0
"""Seconds between two lines about events that were made shorter, at least."""

_log = logging.getLogger("acctship")


class Formatting(Protocol):
    """What makes messages of events; it counts those that lost optional fields to be short enough."""

    shortened: int

    def messages(self, batch: acctship.EventBatch, /) -> tuple[list[bytes], dict[int, str]]:
        """A message for each event, but for those that are rejected: their positions in the batch, and reasons."""


class Sender:
    """Sends batches to the first receiver that can be reached.

    Args:
        attempts: how to reach each receiver, in order.
        formatter: makes messages of events.
        timeout: of the output's limits, in seconds.
    """

    def __init__(self, attempts: Sequence[Attempt], formatter: Formatting, timeout: float) -> None:
        self._attempts, self._formatter, self._seconds = attempts, formatter, timeout * OURS
        self._session: Session | None = None
        self._told, self._told_at = 0, float("-inf")
        self._lock, self._closed = threading.Lock(), threading.Event()

    def open(self) -> None:
        """Connect.

        Raises:
            RetryableError: no receiver can be reached now.
            HaltError: none will be until a person mends the set-up.
        """
        with self._held() as deadline:
            self._connected(deadline)

    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        """Deliver a batch over the present connection, or a new one.

        Raises:
            RetryableError: not known to be delivered.
            HaltError: not before a person mends the set-up.
        """
        messages, rejected = self._formatter.messages(batch)
        self._tell_shortened()
        if messages and (refused := self._deliver(messages)):
            positions = [at for at in range(len(batch)) if at not in rejected]
            rejected = {**rejected, **{positions[at]: why for at, why in refused.items()}}
        return acctship.SendResult(rejected=rejected)

    def check(self) -> str:
        """Reach each receiver without sending an event; gives a line that says of each whether that worked.

        Raises:
            RetryableError: none can be reached now.
            HaltError: none will be until a person mends the set-up.
        """
        deadline = Deadline(self._seconds, self._closed)
        return what_each_says([partial(self._reached, attempt) for attempt in self._attempts], deadline)

    def close(self) -> None:
        """Close the connection: now, or when the `send` that is under way has seen that it shall end."""
        self._closed.set()
        self._let_go_if_closed()

    @staticmethod
    def _reached(attempt: Attempt, deadline: Deadline) -> str:
        session = attempt(deadline)
        unknown = "has an address: whether anybody listens there is not told over UDP"
        session.close()
        return f"{session.peer} {'can be reached' if session.answers else unknown}"

    def _tell_shortened(self) -> None:
        count, now = self._formatter.shortened, time.monotonic()
        if count > self._told and now >= self._told_at + _TELL:
            self._told, self._told_at = count, now
            _log.warning(
                "syslog: %d events so far were longer than max_message and went without some optional fields: "
                "raise it, or leave fields out with omit",
                count,
            )

    def _deliver(self, messages: Sequence[bytes]) -> Mapping[int, str]:
        with self._held() as deadline:
            session = self._connected(deadline)
            try:
                return session.send(messages, deadline)
            except BaseException:
                self._session = None
                session.abandon()
                raise

    def _connected(self, deadline: Deadline) -> Session:
        if self._session is not None and not self._alive(self._session):
            session, self._session = self._session, None
            session.abandon()
        if self._session is None:
            self._session = first_that_works(self._attempts, deadline)
        return self._session

    def _alive(self, session: Session) -> bool:
        try:
            return session.alive()
        except BaseException:
            self._session = None
            session.abandon()
            raise

    @contextmanager
    def _held(self) -> Iterator[Deadline]:
        """One thread at a time: messages of two batches may not mix."""
        deadline = Deadline(self._seconds, self._closed)
        try:
            with deadline.held(self._lock):
                deadline.left()
                yield deadline
        finally:
            self._let_go_if_closed()

    def _let_go_if_closed(self) -> None:
        if self._closed.is_set() and self._lock.acquire(blocking=False):  # whoever holds it will be here after that
            try:
                session, self._session = self._session, None
                if session is not None:
                    with suppress(OSError, acctship.OutputError):
                        session.close()
            finally:
                self._lock.release()
