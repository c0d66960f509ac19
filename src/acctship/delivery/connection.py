"""One configured output, opened when it is needed and built anew when it hangs."""

from __future__ import annotations

import threading
from contextlib import suppress

from acctship.delivery.bounded import HungError, call
from acctship.deployed import Deployed
from acctship.errors import HaltError, RetryableError
from acctship.events.batch import EventBatch
from acctship.output import Output, SendResult

MOST_ABANDONED = 4
"""Outputs that may hang before a person has to look: each leaves a thread behind."""


class Connection:
    """Sends through the present `Output` object of one output; safe to use from several threads.

    Args:
        deployed: the output.
        output: its first object, not opened yet.
    """

    def __init__(self, deployed: Deployed, output: Output) -> None:
        self._deployed, self._timeout = deployed, deployed.limits.timeout
        self._fresh: Output | None = output
        self._open: Output | None = None
        self._lock = threading.Lock()
        self._abandoned = 0

    def send(self, batch: EventBatch) -> SendResult:
        """Call `send` of the open output; open one first if need be.

        Raises:
            RetryableError: it did not answer in time; it is abandoned.
            HaltError: too many have been abandoned.
            Exception: what the output raised.
        """
        output = self._opened()
        try:
            return call(lambda: output.send(batch), self._timeout)
        except HungError as error:
            with self._lock:
                raise self._abandon(output, error) from None

    def close(self) -> None:
        """Close the open output, if there is one; an output that hangs or fails then has no say any more."""
        with self._lock:
            output, self._open = self._open, None
        if output is not None:
            _close(output, self._timeout)

    def _opened(self) -> Output:
        with self._lock:
            if self._open is not None:
                return self._open
            output, self._fresh = self._fresh or self._deployed.build(), None
            self._open = output
            try:
                call(output.open, self._timeout)
            except HungError as error:
                raise self._abandon(output, error) from None
            except BaseException:
                self._open = None
                _close(output, self._timeout)
                raise
            return output

    def _abandon(self, output: Output, error: HungError) -> RetryableError | HaltError:
        """Let go of an output that hangs: once, however many threads hang in it. Called with the lock held."""
        if self._open is output:
            self._open = None
            self._abandoned += 1
            _close(output, 0)
        if self._abandoned >= MOST_ABANDONED:
            return HaltError(f"{error}, {self._abandoned} times: the receiver hangs, or the output does")
        return RetryableError(str(error))


def _close(output: Output, wait: float) -> None:
    with suppress(Exception, SystemExit):  # it has been told; whatever it still says changes no outcome
        call(output.close, wait)
