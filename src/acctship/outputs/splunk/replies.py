"""What HEC's answers mean: each code that Splunk documents, and what stands between it and us.

Source: Splunk, "Troubleshoot HTTP Event Collector", possible error codes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

import acctship
from acctship.network import http

DONE, SLOW_DOWN = 0, frozenset({24, 25})
LATER = frozenset({8, 9, 18, 19, 20, 23, 26, 27})
BAD_EVENT = frozenset({5, 6, 12, 13, 15})
NO_CHANNEL, NO_ACKS, WRONG_INDEX = 10, 14, 7
WRONG_SET_UP: Mapping[int, str] = {
    1: "the token is disabled: enable it in Splunk",
    2: "it wants a token: check token, and what stands between",
    3: "it does not understand our authorization: check token, and what stands between",
    4: "it does not know the token: check token",
    WRONG_INDEX: "the token may not write to the index, or there is none: check index, and what the token allows",
    NO_CHANNEL: "the token wants acknowledgements: set acknowledge = true, or switch them off for the token",
    11: "it refuses our channel: look into its log",
    NO_ACKS: "acknowledgements are off for this token: switch on indexer acknowledgement for it, which only Splunk "
    "Enterprise has (Splunk Cloud gives it to Kinesis Firehose alone), or set acknowledge = false",
    16: "it takes no token in the query: look into its log",
    21: "the token is of another kind: use one of the HTTP Event Collector",
    22: "the token may not be used here: check the token in Splunk",
    28: "it refuses the request as too large a header or a query: look into its log",
}
"""What a person has to mend, by code."""
NO_ACK_ID = (
    "takes events and gives no ackId: " + WRONG_SET_UP[NO_ACKS].partition(": ")[2]
)  # the events are there, but nobody will tell whether an indexer has them

_PAUSE = 5.0
"""Seconds to wait when queues are nearly full."""
_SHOWN = 150
"""Bytes of an answer that go into a message."""
_NUMBER = re.compile("[0-9]{1,18}")
_TOO_LARGE, _NO_SUCH_MEDIA, _PASSING = 413, 415, frozenset({408, 429})


@dataclass(frozen=True)
class Reply:
    """An answer over HTTP.

    Attributes:
        status: of HTTP.
        body: its first bytes.
        retry_after: the header, or nothing.
    """

    status: int
    body: bytes
    retry_after: str = ""

    @property
    def said(self) -> Mapping[str, Any]:
        """The object of JSON in it; empty if it is something else."""
        try:
            found = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def code(self) -> int | None:
        """Splunk's code; None if there is none."""
        return whole(self.said.get("code"))

    @property
    def wait(self) -> float | None:
        """Seconds that it asks us to wait; None if it does not."""
        return http.retry_after(self.retry_after)

    def __str__(self) -> str:
        """What it says, cut short and harmless."""
        text, code = self.said.get("text"), self.code
        shown = acctship.escape(
            text.encode("utf-8", "surrogatepass")[:_SHOWN] if isinstance(text, str) else self.body.strip()[:_SHOWN]
        )
        return f"HTTP {self.status}{'' if code is None else f', code {code}'}{f': {shown}' if shown else ''}"


@dataclass(frozen=True)
class Taken:
    """The batch was taken.

    Attributes:
        ack: by which its acknowledgement is asked for; None if there is none.
        pause: seconds to wait before the next one.
    """

    ack: int | None
    pause: float = 0.0


@dataclass(frozen=True)
class Bad:
    """Some event of the batch will never be taken.

    Attributes:
        number: of the event, as the server counts; None if it does not say.
        why: what it says.
    """

    number: int | None
    why: str


def understand(reply: Reply, peer: str, *, compressed: bool) -> Taken | Bad:
    """What an answer to a batch means.

    Args:
        reply: the answer.
        peer: who said it, for messages.
        compressed: whether the batch was compressed.

    Raises:
        RetryableError: the same batch may be taken later.
        HaltError: a person has to mend something.
        TooLargeError: it may be taken in parts.
    """
    code, status = reply.code, reply.status
    if status == 200 and (code == DONE or code in SLOW_DOWN):
        pause = 0.0 if code == DONE else reply.wait or _PAUSE
        return Taken(whole(reply.said.get("ackId")), pause)
    refuse(reply, peer)
    if status == _TOO_LARGE:
        raise acctship.TooLargeError(f"{peer}: {reply}")
    if status == _NO_SUCH_MEDIA and compressed:
        raise acctship.HaltError(f"{peer}: {reply}: does it take gzip? If not, set compress = false")
    if code in BAD_EVENT or status == _NO_SUCH_MEDIA:
        return Bad(whole(reply.said.get("invalid-event-number")), f"{peer}: {reply}")
    raise acctship.HaltError(f"{peer}: {reply}: is a HEC there? Check url")


def refuse(reply: Reply, peer: str) -> None:
    """Raise what an answer means if it refuses whatever is sent.

    Raises:
        RetryableError: for now.
        HaltError: until a person has mended something.
    """
    code, status = reply.code, reply.status
    if code in LATER or (code not in WRONG_SET_UP and (status >= 500 or status in _PASSING)):
        raise acctship.RetryableError(f"{peer}: {reply}", retry_after=reply.wait)
    if code is not None and code in WRONG_SET_UP:
        raise acctship.HaltError(f"{peer}: {reply}: {WRONG_SET_UP[code]}")
    if status in (401, 403):
        raise acctship.HaltError(f"{peer}: {reply}: it does not let us in: check token, and what stands between")


def acknowledged(reply: Reply, peer: str) -> frozenset[int]:
    """The numbers that are true in an answer about acknowledgements; an error is never taken for one.

    Raises:
        RetryableError: it tells nothing.
        HaltError: a person has to mend something.
    """
    refuse(reply, peer)
    acks = reply.said.get("acks")
    if reply.status != 200 or not isinstance(acks, dict):
        raise acctship.RetryableError(f"{peer}: {reply}: expected acknowledgements", retry_after=reply.wait)
    return frozenset(int(number) for number, is_true in acks.items() if is_true is True and _NUMBER.fullmatch(number))


def whole(value: object) -> int | None:
    """A whole number of JSON that is not negative; None if it is something else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
