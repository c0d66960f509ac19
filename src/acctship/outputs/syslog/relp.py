r"""RELP, in which the receiver acknowledges each message: the protocol that rsyslog's imrelp speaks, version 0.

A frame is `TXNR SP COMMAND SP LENGTH [SP DATA] LF`. Transactions count from 1 to 999,999,999 and begin anew; the
receiver answers `TXNR rsp LENGTH SP CODE SP TEXT LF`, 200 for done, in any order. Number 0 is a hint of the receiver's
own: `serverclose`. https://www.rsyslog.com/doc/relp.html describes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from threading import Event
from typing import NamedTuple

import acctship
from acctship.network.deadline import Deadline
from acctship.network.wire import Wire

LAST = 999_999_999
"""The highest transaction number."""

_OFFER = f"relp_version=0\nrelp_software=acctship,{acctship.__version__}\ncommands=syslog".encode()
_VERSIONS = ("0", "1")
_DONE = b" rsp 6 200 OK\n"
_DONE_IN_A_ROW = re.compile(rb"(?:[0-9]{1,9} rsp 6 200 OK\n)+")
"""What nearly all answers are: taken together, they cost a third."""
_HEAD = re.compile(rb"([0-9]{1,9}) ([A-Za-z0-9_]{1,32}) ([0-9]{1,9})([ \n])")
_HEAD_BEGUN = re.compile(rb"[0-9]{1,9}(?: (?:[A-Za-z0-9_]{1,32}(?: [0-9]{0,9})?)?)?")
_LONGEST_ANSWER = 131_072
_PIECE = 256
"""Messages that are framed at once: a whole batch would take its memory once more."""
_MANY = 64
_PAUSE = 0.001
"""Seconds in which answers gather while many are under way: a receiver sends each by itself, which would wake us as
often."""
_GOODBYE = 1.0
"""Seconds that a receiver may take to answer `close`."""


class Answer(NamedTuple):
    """A frame of the receiver's.

    Attributes:
        number: of the transaction.
        code: 200 for done; 0 where the answer has none, or the frame is no answer.
        text: what follows the code.
        command: `rsp`, or a hint such as `serverclose`.
    """

    number: int
    code: int
    text: bytes
    command: bytes


class Relp:
    """One connection that has been opened in RELP's sense.

    Args:
        wire: the connection.
        window: messages that may be under way without an answer.
        first: number of its first transaction.
    """

    answers = True

    def __init__(self, wire: Wire, window: int, *, first: int = 1) -> None:
        self.peer, self._wire, self._window = wire.peer, wire, window
        self._next, self._closing = first, False

    def open(self, deadline: Deadline) -> None:
        """Agree with the receiver on what both speak.

        Raises:
            HaltError: it speaks no RELP, or will not take syslog messages.
            RetryableError: no answer, or the connection is gone.
        """
        number = self._number()
        self._wire.write(b"%d open %d %b\n" % (number, len(_OFFER), _OFFER), deadline)
        try:
            answer = self._answer(deadline)
        except _GarbledError as error:
            raise acctship.HaltError(f"{error}: check transport and address") from None
        if answer.number != number or answer.code != 200:
            said = _first_line(answer)
            raise acctship.HaltError(f"{self.peer}: will not speak RELP with us: {said}: check what it is")
        offers = dict(line.partition("=")[::2] for line in answer.text.decode("utf-8", "replace").split("\n"))
        if offers.get("relp_version", "0") not in _VERSIONS or "syslog" not in offers.get("commands", "").split(","):
            said = acctship.escape(answer.text[:200])
            raise acctship.HaltError(f"{self.peer}: RELP there takes no syslog messages of version 0: it offers {said}")

    def alive(self) -> bool:
        """Tell whether the receiver still wants messages, as far as it has said.

        Raises:
            HaltError: it said over TLS what a person has to mend.
        """
        try:
            self._wire.listen()
            for _ in self._answers():
                pass
        except acctship.RetryableError:
            return False
        return not self._closing

    def send(self, messages: Sequence[bytes], deadline: Deadline) -> Mapping[int, str]:
        """Send messages, and wait until each is answered; gives position and reason of those that are rejected.

        Raises:
            RetryableError: not all were answered: the batch is to be sent again, in the same order.
            HaltError: the receiver said over TLS what a person has to mend.
        """
        rejected: dict[int, str] = {}
        under_way: dict[int, int] = {}
        at = 0
        while at < len(messages) or under_way:
            room = self._window - len(under_way)
            if at < len(messages) and (room >= _PIECE or 2 * room > self._window):
                count = min(room, _PIECE, len(messages) - at)
                self._wire.write(self._frames(messages, at, count, under_way), deadline)
                at += count
                self._wire.listen()
            else:
                if len(under_way) > _MANY:
                    deadline.sleep(_PAUSE)
                self._wire.listen(deadline)
            for answer in self._answers():
                self._settle(answer, under_way, rejected)
            if self._closing and (under_way or at < len(messages)):
                raise acctship.RetryableError(f"{self.peer}: is about to close: it answered not all messages")
        return rejected

    def close(self) -> None:
        """Say that we are done, and end the connection."""
        with suppress(acctship.OutputError, OSError):
            deadline = Deadline(_GOODBYE, Event())
            number = self._number()
            self._wire.write(b"%d close 0\n" % number, deadline)
            while not self._closing and self._answer(deadline).number != number:
                pass
        self._wire.close()

    def abandon(self) -> None:
        """Let go of a connection that has failed."""
        self._wire.abandon()

    def _number(self) -> int:
        number, self._next = self._next, self._next % LAST + 1
        return number

    def _frames(self, messages: Sequence[bytes], at: int, count: int, under_way: dict[int, int]) -> bytes:
        piece = messages[at : at + count]
        numbers = [self._number() for _ in piece]
        under_way.update(zip(numbers, range(at, at + count), strict=True))
        numbered = zip(numbers, piece, strict=True)
        return b"".join([b"%d syslog %d %b\n" % (number, len(message), message) for number, message in numbered])

    def _settle(self, answer: Answer, under_way: dict[int, int], rejected: dict[int, str]) -> None:
        position = under_way.pop(answer.number, None)
        if position is None:
            raise acctship.RetryableError(f"{self.peer}: answered transaction {answer.number}, which nobody had asked")
        if answer.code != 200:
            rejected[position] = f"{self.peer}: {_first_line(answer)}"

    def _answer(self, deadline: Deadline) -> Answer:
        """The next answer; hints are noted on the way."""
        while True:
            for answer in self._answers():
                return answer
            self._wire.listen(deadline)

    def _answers(self) -> Iterator[Answer]:
        """Take the answers out of the inbox that are there in full."""
        inbox = self._wire.inbox
        while inbox:
            if run := _DONE_IN_A_ROW.match(inbox):
                numbers = run[0].split(_DONE)[:-1]
                del inbox[: run.end()]
                for number in numbers:
                    yield Answer(int(number), 200, b"OK", b"rsp")
            elif (answer := self._take(inbox)) is None:
                return
            elif answer.command == b"rsp":
                yield answer
            elif answer.command == b"serverclose":
                self._closing = True

    def _take(self, inbox: bytearray) -> Answer | None:
        """Take the first frame out of the inbox; None if there is more to come of it."""
        head = _HEAD.match(inbox)
        if head is None:
            if _HEAD_BEGUN.fullmatch(inbox):
                return None
            raise _GarbledError(f"{self.peer}: speaks no RELP there: it says {acctship.escape(bytes(inbox[:60]))}")
        length = int(head[3])
        if length > _LONGEST_ANSWER:
            raise _GarbledError(f"{self.peer}: speaks no RELP there: it announces an answer of {length} bytes")
        number, command = int(head[1]), bytes(head[2])
        if head[4] == b"\n":
            data, end = b"", head.end()
        else:
            end = head.end() + length + 1
            if len(inbox) < end:
                return None
            data = bytes(inbox[head.end() : end - 1])
        del inbox[:end]
        code, _, text = data.partition(b" ")
        return Answer(number, int(code) if code.isdigit() and len(code) == 3 else 0, text, command)


class _GarbledError(acctship.RetryableError):
    """What came is no frame."""


def _first_line(answer: Answer) -> str:
    return acctship.escape(b"%d %b" % (answer.code, answer.text[:200].partition(b"\n")[0]))
