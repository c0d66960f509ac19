"""Several HECs: batches are spread among those that are well, and one that fails is left out until it is well again."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import acctship
from acctship.network.addresses import combined
from acctship.network.deadline import Deadline
from acctship.outputs.splunk.acks import Receipt
from acctship.outputs.splunk.replies import NO_ACK_ID, Bad, Taken, refuse, understand
from acctship.outputs.splunk.session import Session
from acctship.outputs.splunk.transport import UnansweredError

if TYPE_CHECKING:
    from acctship.outputs.splunk.config import Config

T = TypeVar("T")

_FIRST, _LONGEST = 1.0, 60.0
"""Seconds for which one that fails is left out, at first and in the end, if there are others."""

Posted = tuple[Session, Taken | Bad, Receipt | None]
"""Where a batch was sent, the answer, and what to wait for."""

_log = logging.getLogger("acctship")


class Endpoint:
    """One HEC; safe to use from several threads.

    Args:
        config: of the output.
        url: of the HEC.
        connections: that may be in use at the same time.

    Attributes:
        peer: it, for messages.
        not_before: when it may be tried again, by the monotonic clock.
    """

    def __init__(self, config: Config, url: str, connections: int) -> None:
        self.peer, self.not_before = urlsplit(url).netloc, 0.0
        self._config, self._url, self._connections = config, url, connections
        self._pause, self._lock, self._closed = 0.0, threading.Lock(), False
        self._session: Session | None = None

    def session(self, authorization: str, deadline: Deadline) -> Session:
        """The present session; at its beginning, the HEC is asked how it is, and so a balancer chooses an indexer.

        Raises:
            RetryableError: it is not well, or cannot be reached.
            HaltError: a person has to mend something.
        """
        with self._lock:
            if self._session is None or (self._session.acks is not None and self._session.acks.ended):
                self._session = Session(self._config, self._url, authorization, self._connections)
                if self._closed:
                    deadline.left()
                try:
                    answer = self._session.health(deadline)
                    if answer.status >= 500:
                        refuse(answer, self.peer)
                except BaseException:
                    self._session.end(acctship.RetryableError(f"{self.peer}: not reached"))
                    self._session = None
                    raise
            self._session.authorization = authorization
            return self._session

    def post(self, body: bytes, authorization: str, deadline: Deadline) -> Posted:
        """Send a batch; gives what to wait for.

        Raises:
            RetryableError: the same batch may be taken later.
            HaltError: a person has to mend something.
            TooLargeError: it may be taken in parts.
        """
        session, compressed = self.session(authorization, deadline), self._config.compress
        try:
            if session.acks is None:
                answer = session.post(body, deadline, compressed=compressed)
                return session, understand(answer, self.peer, compressed=compressed), None
            with session.acks.posting():
                answer = session.post(body, deadline, compressed=compressed)
                meaning = understand(answer, self.peer, compressed=compressed)
                if isinstance(meaning, Bad):
                    return session, meaning, None
                if meaning.ack is None:
                    raise acctship.HaltError(f"{self.peer}: {answer}: {NO_ACK_ID}")
                return session, meaning, session.acks.register(meaning.ack)
        except UnansweredError as error:
            self._drop(session, error)
            raise

    def failed(self, error: Exception, *, others: bool) -> None:
        """Leave it out for some time, if there are others."""
        if others and not self._pause:
            _log.warning("splunk_hec: %s; it is left out until it is well again", error)
        self._pause = min(max(2 * self._pause, _FIRST), _LONGEST)
        asked = min(getattr(error, "retry_after", None) or 0.0, _LONGEST)
        self.not_before = time.monotonic() + max(random.uniform(0.5, 1.0) * self._pause, asked)  # noqa: S311 - no secret

    def worked(self) -> None:
        """It took a batch."""
        if self._pause:
            self._pause = self.not_before = 0.0

    def close(self) -> None:
        """Close all connections, at once."""
        self._closed = True
        if (session := self._session) is not None:
            session.end(acctship.RetryableError("closed before its turn came"))

    def _drop(self, session: Session, error: UnansweredError) -> None:
        """End a session in which a batch was not answered: the server may have begun anew, and count from 0 again."""
        with self._lock:
            if self._session is session:
                self._session = None
        session.end(acctship.RetryableError(f"{error}: what it had not acknowledged by then is sent again"))


class Endpoints:
    """All HECs of an output, one after the other for each batch.

    Args:
        config: of the output.
        connections: that may be in use at the same time, to each.
    """

    def __init__(self, config: Config, connections: int) -> None:
        self.all: Sequence[Endpoint] = [Endpoint(config, url, connections) for url in config.urls]
        self._lock, self._turn = threading.Lock(), random.randrange(len(self.all))  # noqa: S311 - no secret

    def first_that_works(self, attempt: Callable[[Endpoint, Deadline], T], deadline: Deadline) -> T:
        """What the first gives with which an attempt succeeds: those that are well in turn, or, if none is, all.

        Raises:
            RetryableError: none worked; the reasons of all.
            HaltError: each needs a person.
            TooLargeError: of the first that said so.
        """
        turn = self._in_turn()
        problems: list[Exception] = []
        for at, one in enumerate(turn):
            try:
                done = attempt(one, deadline.share(len(turn) - at))
            except (acctship.RetryableError, acctship.HaltError, OSError) as error:
                one.failed(error, others=len(self.all) > 1)
                problems.append(error)
            else:
                one.worked()
                return done
        raise combined(problems)

    def close(self) -> None:
        """Close all connections, at once."""
        for one in self.all:
            one.close()

    def _in_turn(self) -> list[Endpoint]:
        with self._lock:
            self._turn = (self._turn + 1) % len(self.all)
            order = [*self.all[self._turn :], *self.all[: self._turn]]
        now = time.monotonic()
        return [one for one in order if one.not_before <= now] or sorted(order, key=lambda one: one.not_before)
