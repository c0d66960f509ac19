"""One connection to a receiver, over which threads send chunks side by side and wait for their acknowledgements."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import acctship
from acctship.network.deadline import Deadline
from acctship.network.wire import Wire
from acctship.outputs.fluentd.chunks import Chunk
from acctship.outputs.fluentd.handshake import understood
from acctship.outputs.fluentd.replies import GarbledError, Replies, shown

Waiting = dict[bytes, Chunk]
"""Chunks that are not acknowledged, by their ids."""

_SETTLING = 0.2
"""Seconds in which a receiver that wants to shake hands, or does not want us, says so."""


class MissingError(acctship.RetryableError):
    """No acknowledgement came in time."""


class Session:
    """Sends until something fails; then it is done with, and another one is begun.

    One thread at a time writes, and one at a time waits for what the receiver says and hands it out to the others.

    Args:
        wire: the connection, after the handshake if there is one.
        replies: what the receiver says on it.
        keepalive: whether more than one chunk may be sent.
        proven: whether a handshake has shown who is there.
    """

    def __init__(self, wire: Wire, replies: Replies, *, keepalive: bool = True, proven: bool = False) -> None:
        self.peer, self.keepalive = wire.peer, keepalive
        self._wire, self._replies, self._proven = wire, replies, proven
        self._writing = threading.Lock()  # also whenever the wire is read
        self._changed = threading.Condition()
        self._awaited: dict[bytes, list[Waiting]] = {}
        self._reading, self._users = False, 0
        self._failure: Exception | None = None

    def usable(self, deadline: Deadline) -> bool:
        """Tell whether the receiver still holds its end open, as far as its kernel has said.

        Raises:
            HaltError: it said what a person has to mend.
        """
        if self._failure is None:
            try:
                with self._used(), deadline.held(self._writing):
                    if not self._awaited:  # or a thread that waits for its word would wait for ever
                        self._listen()
            except acctship.RetryableError:
                deadline.left()
        return self._failure is None

    def greeted(self, deadline: Deadline) -> str:
        """What is known of the receiver before anything was sent, for people.

        Raises:
            RetryableError: it closes what it has just accepted.
            HaltError: it said what a person has to mend.
        """
        if self._proven:
            return "lets us in"
        with self._used():
            self._wire.settle(min(_SETTLING, deadline.left() / 4), deadline)
            self._take()
        return "can be reached: whether it takes events is told without a shared key only when one is sent"

    def deliver(self, waiting: Waiting, deadline: Deadline) -> None:
        """Send chunks, and wait for their acknowledgements.

        Args:
            waiting: what to send; each chunk leaves it when it is acknowledged, whatever happens then. Where the
                receiver keeps no connection, only the first is sent.
            deadline: until when all have to be acknowledged.

        Raises:
            MissingError: the receiver is there, and not all were acknowledged in time.
            RetryableError: the connection is gone, or the receiver said what makes no sense.
            HaltError: it said what a person has to mend.
        """
        chunks = list(waiting.values()) if self.keepalive else [*waiting.values()][:1]
        with self._used():
            try:
                with deadline.held(self._writing):
                    self._write(chunks, waiting, deadline)
                while not self._settled(chunks, waiting):
                    self._wait(chunks, waiting, deadline)
            except TimeoutError as error:
                if not self._settled(chunks, waiting):  # another thread's write may have taken in our acknowledgement
                    raise MissingError(f"{self.peer}: {error.strerror}") from None
        if not self.keepalive:
            self.close()

    def close(self) -> None:
        """End the connection so that nothing gets lost; at once, if somebody waits on it."""
        with self._changed:
            first, self._failure = self._failure is None, self._failure or acctship.RetryableError("closed")
            idle = self._users == 0
            self._changed.notify_all()
        if first and idle:
            self._wire.close()
        elif first:
            self._wire.cut()

    @contextmanager
    def _used(self) -> Iterator[None]:
        """Whoever leaves last lets go of a connection that is done with: no thread may wait on what is closed."""
        with self._changed:
            self._users += 1
        try:
            yield
        except Exception as error:
            self._fail(error)
            raise
        finally:
            with self._changed:
                self._users -= 1
                last = self._users == 0
            if last and self._failure is not None:
                self._wire.abandon()

    def _fail(self, error: Exception) -> None:
        with self._changed:
            self._failure = self._failure or error
            self._changed.notify_all()
        self._wire.cut()

    def _write(self, chunks: list[Chunk], waiting: Waiting, deadline: Deadline) -> None:
        for chunk in chunks:
            with self._changed:
                if self._failure is not None:
                    return
                self._awaited.setdefault(chunk.id, []).append(waiting)
            try:
                self._wire.write(chunk.frame, deadline)
            except acctship.OutputError:
                self._take()  # what was said before it broke off may be why
                raise
            self._take()

    def _settled(self, chunks: list[Chunk], waiting: Waiting) -> bool:
        with self._changed:
            if not any(chunk.id in waiting for chunk in chunks):
                return True
            if self._failure is not None:
                kind = acctship.HaltError if isinstance(self._failure, acctship.HaltError) else acctship.RetryableError
                raise kind(str(self._failure))
            return False

    def _wait(self, chunks: list[Chunk], waiting: Waiting, deadline: Deadline) -> None:
        """Be the one who reads, or wait until whoever is has read something."""
        with self._changed:
            if self._reading:
                deadline.wait_for(self._changed)
                return
            if self._failure is not None or not any(chunk.id in waiting for chunk in chunks):
                return  # somebody has read it just now: nothing more may come
            self._reading = True
        try:
            self._wire.until_word(deadline)
            with deadline.held(self._writing):
                self._listen()
        finally:
            with self._changed:
                self._reading = False
                self._changed.notify_all()

    def _listen(self) -> None:
        """Take what was said; if the connection is gone, that is so once this has been looked at."""
        try:
            self._wire.listen()
        except acctship.OutputError as error:
            self._take()
            self._fail(self._explained(error))
        else:
            self._take()

    def _take(self) -> None:
        try:
            for message in self._replies.take(self._wire.inbox):
                self._hand_out(message)
        except GarbledError as error:
            if self._proven:
                raise
            raise acctship.HaltError(f"{error}: check address, port and tls") from None

    def _hand_out(self, message: object) -> None:
        if understood(message) is not None and not self._proven:
            raise acctship.HaltError(f"{self.peer}: wants to shake hands: set shared_key")
        name = message.get(b"ack") if isinstance(message, dict) else None
        with self._changed:
            if isinstance(name, bytes) and (those := self._awaited.get(name)):
                those.pop(0).pop(name, None)
                if not those:
                    del self._awaited[name]
                self._proven = True
                self._changed.notify_all()
                return
        if name is None and not self._proven:
            raise acctship.HaltError(
                f"{self.peer}: speaks no forward protocol there: it says {shown(message)}: check address, port and tls"
            )
        raise acctship.RetryableError(f"{self.peer}: says {shown(message)}, which acknowledges nothing that it has")

    def _explained(self, error: acctship.OutputError) -> acctship.OutputError:
        if self._proven or not isinstance(error, acctship.RetryableError):
            return error
        return acctship.RetryableError(f"{error} without a word: if that stays, check shared_key and tls")
