"""One configured output, opened when it is needed, and built anew after a fault: secrets and keys are read again."""

from __future__ import annotations

import threading

from acctship.delivery.sending.bounded import HungError, call, close
from acctship.deployed import Deployed
from acctship.errors import HaltError, RetryableError, TooLargeError
from acctship.events.batch import EventBatch
from acctship.output import Output, SendResult

MOST_ABANDONED = 4
"""Outputs that may hang, with no success between them, before it is of no use to build another: each leaves a thread
behind."""

CLOSING = 5.0
"""Seconds that an output may take to close."""


class Connection:
    """Sends through the present `Output` object of one output; safe to use from several threads.

    Args:
        deployed: the output.
        output: its first object, not opened yet.

    Attributes:
        gone: why nothing more is tried: `MOST_ABANDONED` hung.
    """

    def __init__(self, deployed: Deployed, output: Output) -> None:
        self.gone: HaltError | None = None
        self._deployed, self._timeout = deployed, deployed.limits.timeout
        self._fresh: Output | None = output
        self._current: Output | None = None
        self._opening = threading.Lock()
        self._lock = threading.Lock()  # never held while an output is called: closing waits for nobody
        self._abandoned, self._closed = 0, False
        self._sending, self._worn = 0, False

    def send(self, batch: EventBatch) -> SendResult:
        """Call `send` of the open output; open one first if need be.

        After anything but the receiver's own word (RetryableError, TooLargeError), the output is closed and another is
        built for the next send, once no other thread is in it.

        Raises:
            RetryableError: it did not answer in time; it is abandoned. Or this connection is closed.
            HaltError: too many have been abandoned.
            Exception: what the output raised.
        """
        output = self._opened()
        try:
            result = call(lambda: output.send(batch), self._timeout)
        except HungError as error:
            raise self._abandon(output, error) from None
        except (RetryableError, TooLargeError):
            raise
        except BaseException:
            self._wear(output)
            raise
        finally:
            with self._lock:
                self._sending -= 1
        with self._lock:
            if self._current is output:
                self._abandoned = 0
        return result

    def close(self) -> None:
        """Close the open output, if there is one, even while it opens or sends; wait for it no longer than CLOSING."""
        with self._lock:
            self._closed = True
            output, self._current = self._current, None
        if output is not None:
            close(output, min(self._timeout, CLOSING))

    def _opened(self) -> Output:
        """The open output, which counts as sending from now on."""
        with self._opening:
            worn, limit = self._take_worn(), min(self._timeout, CLOSING)
            if worn is not None and not close(worn, limit):
                raise self._abandon(None, HungError(f"it does not close in {limit:g} s"))
            with self._lock:
                if self._current is not None:
                    self._sending += 1
                    return self._current
            output = self._built()
            with self._lock:
                if self._closed:
                    raise RetryableError("it is closed")
                self._current, self._worn = output, False
            try:
                call(output.open, self._timeout)
            except HungError as error:
                raise self._abandon(output, error) from None
            except BaseException:
                if self._forget(output):
                    close(output, self._timeout)
                raise
            with self._lock:
                self._sending += 1
            return output

    def _wear(self, output: Output) -> None:
        with self._lock:
            self._worn = self._worn or self._current is output

    def _take_worn(self) -> Output | None:
        """An output that failed, for whoever closes it, if nobody sends through it."""
        with self._lock:
            if not self._worn or self._sending:
                return None
            output, self._current, self._worn = self._current, None, False
            return output

    def _built(self) -> Output:
        output, self._fresh = self._fresh, None
        try:
            return output or call(self._deployed.build, self._timeout)
        except HungError as error:
            raise self._abandon(None, error) from None

    def _abandon(self, output: Output | None, error: HungError) -> RetryableError | HaltError:
        """Let go of an output that hangs: once, however many threads hang in it."""
        first = output is None or self._forget(output)
        if first and output is not None:
            close(output, 0)
        with self._lock:
            self._abandoned += first
            if self._abandoned >= MOST_ABANDONED:
                self.gone = HaltError(f"{error}, {self._abandoned} times: the receiver hangs, or the output does")
                return self.gone
            return RetryableError(str(error))

    def _forget(self, output: Output) -> bool:
        """Use it no more; False if somebody else came first, who closes it."""
        with self._lock:
            was_current = self._current is output
            if was_current:
                self._current = None
            return was_current
