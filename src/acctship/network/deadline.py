"""How long something may take, and whether anybody still wants it."""

from __future__ import annotations

import errno
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from acctship.errors import RetryableError

OURS = 0.8
"""Share of `timeout` after which an output gives up by itself: at the end, the host takes it for one that hangs."""

_SLICE = 0.25
"""Seconds of one wait, after which it is seen whether the output was closed meanwhile."""


class Deadline:
    """The moment until which something has to be done; it comes at once when the output is closed.

    Args:
        seconds: until then.
        closed: set by another thread when the output is closed.
        clock: seconds that never go backwards.
    """

    def __init__(self, seconds: float, closed: threading.Event, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._closed, self._clock = seconds, closed, clock
        self._end = clock() + seconds

    def left(self) -> float:
        """Seconds that are left, always more than 0.

        Raises:
            TimeoutError: none are.
            RetryableError: the output is closed.
        """
        if self._closed.is_set():
            raise RetryableError("closed before its turn came")
        left = self._end - self._clock()
        if left <= 0:
            raise TimeoutError(errno.ETIMEDOUT, f"no answer in {self._seconds:.3g} s")
        return left

    def share(self, parts: int) -> Deadline:
        """A deadline after a fair share of what is left, for the first of `parts` things to try."""
        return Deadline(self.left() / parts, self._closed, self._clock)

    def at_most(self, seconds: float) -> Deadline:
        """This deadline, or one in so many seconds if that is earlier."""
        return Deadline(min(seconds, self.left()), self._closed, self._clock)

    def wait(self, sock: socket.socket, events: int) -> int:
        """Wait until a socket is ready for one of some events of poll(2); gives those that it is ready for.

        Raises:
            TimeoutError: the deadline came first.
            RetryableError: the output is closed.
        """
        poll = select.poll()
        poll.register(sock, events)
        while not (ready := poll.poll(min(self.left(), _SLICE) * 1000)):
            pass
        return ready[0][1]

    def sleep(self, seconds: float) -> None:
        """Wait for something that no event tells of, for a short time.

        Raises:
            TimeoutError: the deadline has come.
            RetryableError: the output is closed.
        """
        time.sleep(min(seconds, self.left()))

    @contextmanager
    def held(self, lock: threading.Lock) -> Iterator[None]:
        """Hold a lock for a block, once it is free.

        Raises:
            TimeoutError: the deadline came first.
            RetryableError: the output is closed.
        """
        while not lock.acquire(timeout=min(self.left(), _SLICE)):
            pass
        try:
            yield
        finally:
            lock.release()

    def wait_for(self, condition: threading.Condition) -> None:
        """Wait a moment until a condition that is held may have changed: call it in a loop that looks.

        Raises:
            TimeoutError: the deadline has come.
            RetryableError: the output is closed.
        """
        condition.wait(min(self.left(), _SLICE))
