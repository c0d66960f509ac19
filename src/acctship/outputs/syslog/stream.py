"""Messages over a stream: TCP, TLS, or a Unix socket. The receiver says nothing, so `written` is all it can promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import acctship
from acctship.network.deadline import Deadline
from acctship.network.wire import Wire
from acctship.outputs.syslog.framing import Frame

_SETTLING = 0.2
"""Seconds in which a peer that does not want us may say so by closing: when connected, and after the first batch."""
_PIECE = 256
"""Messages that are framed at once: a whole batch would take its memory once more."""


class Stream:
    """One connection on which messages follow each other.

    Args:
        wire: the connection.
        frame: how one message is told from the next.
    """

    answers = True

    def __init__(self, wire: Wire, frame: Frame) -> None:
        self.peer, self._wire, self._frame = wire.peer, wire, frame
        self._proven = False

    def open(self, deadline: Deadline) -> None:
        """See that the peer does not close at once what it has accepted: what was written to it would be lost.

        Raises:
            RetryableError: it does.
            HaltError: it said what a person has to mend.
        """
        self._settle(deadline)

    def alive(self) -> bool:
        """Tell whether the peer still holds its end open, as far as its kernel has said.

        Raises:
            HaltError: it said what a person has to mend: a syslog server is silent.
        """
        try:
            self._wire.listen()
            self._expect_silence()
        except acctship.RetryableError:
            return False
        return True

    def send(self, messages: Sequence[bytes], deadline: Deadline) -> Mapping[int, str]:
        """Write messages, and wait until the peer's kernel has them all; nothing is rejected.

        Raises:
            RetryableError: that did not happen: nobody knows which of them have arrived.
            HaltError: the peer said what a person has to mend.
        """
        try:
            for at in range(0, len(messages), _PIECE):
                self._wire.write(self._frame(messages[at : at + _PIECE]), deadline)
            self._wire.flush(deadline)
        except acctship.RetryableError:
            self._expect_silence()  # what it said before it went is the better reason
            raise
        if not self._proven:
            self._settle(deadline)
            self._proven = True
        self._expect_silence()
        return {}

    def close(self) -> None:
        """End the connection so that nothing gets lost that was written."""
        self._wire.close()

    def abandon(self) -> None:
        """Let go of a connection that has failed."""
        self._wire.abandon()

    def _settle(self, deadline: Deadline) -> None:
        try:
            self._wire.settle(min(_SETTLING, deadline.left() / 4), deadline)
        except acctship.RetryableError as error:
            deadline.left()
            self._expect_silence()
            raise acctship.RetryableError(
                f"{error} at once: may this machine send there, and with this certificate, if any?"
            ) from None
        self._expect_silence()

    def _expect_silence(self) -> None:
        if self._wire.inbox:
            said = acctship.escape(bytes(self._wire.inbox[:60]))
            raise acctship.HaltError(f"{self.peer}: is no syslog server, for it says {said}: check transport, address")
