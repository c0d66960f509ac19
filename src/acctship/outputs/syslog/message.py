"""Events as syslog messages, each complete but for the framing of its transport."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from threading import Lock

from msgspec.json import Decoder, Encoder

import acctship
from acctship.outputs.syslog.config import Config
from acctship.outputs.syslog.head import head
from acctship.outputs.syslog.header import header
from acctship.outputs.syslog.pairs import pairs
from acctship.outputs.syslog.priority import Priorities
from acctship.outputs.syslog.shorten import shorter
from acctship.outputs.syslog.structured import structured
from acctship.outputs.syslog.text import text

_COOKIE = b"@cee: "
"""What receivers look for before JSON; a byte order mark in front of it, as RFC 5424 has for UTF-8, would hide it."""

_decode = Decoder(acctship.Event).decode
_encode = Encoder().encode


class Formatter:
    """Messages of one output. Several threads may use it at once.

    Attributes:
        shortened: events that lost optional fields to fit into `max_message`, since it was built.
    """

    def __init__(self, config: Config) -> None:
        self.shortened = 0
        self._lock = Lock()
        self._header, self._priority, self._content = header(config), Priorities(config).of, _content(config)
        self._longest = config.longest

    def messages(self, batch: acctship.EventBatch) -> tuple[list[bytes], dict[int, str]]:
        """A message for each event that fits, in the order of the batch.

        Returns:
            The messages; and for each event that has none, because it is too long even without its optional fields, its
            position in the batch and the reason.
        """
        messages, rejected = list[bytes](), dict[int, str]()
        for at, line in enumerate(batch.json()):
            first = head(line)
            start = self._header(first, self._priority(first)).encode()
            message = start + self._content(line)
            if not self._fits(message):
                message = self._shorter(start, line)
                if not self._fits(message):
                    rejected[at] = (
                        f"too long for syslog: {len(message)} bytes without optional fields, "
                        f"and max_message is {self._longest}"
                    )
                    continue
            messages.append(message)
        return messages, rejected

    def _shorter(self, start: bytes, line: bytes) -> bytes:
        """The message without as many optional fields as it takes, or without all of them."""
        whole = _decode(line)
        events = [whole, *shorter(whole)]

        def write(event: acctship.Event) -> bytes:
            return start + self._content(_encode(event))

        message = write(events[bisect_left(events, True, hi=len(events) - 1, key=lambda less: self._fits(write(less)))])
        if self._fits(message):
            with self._lock:
                self.shortened += 1
        return message

    def _fits(self, message: bytes) -> bool:
        return len(message) <= self._longest


def _content(config: Config) -> Callable[[bytes], bytes]:
    """How structured data and MSG are made of an event that is given as JSON."""
    nil = b"- " if config.rfc_in_use == "5424" else b""
    cookie = _COOKIE if config.format == "cee" else b""
    is_text, sd_id = config.format == "text", config.sd_id if config.structured_data else None
    if sd_id is None and not is_text:
        return (nil + cookie).__add__

    def write(line: bytes) -> bytes:
        event = _decode(line)
        data = nil if sd_id is None else f"{structured(sd_id, pairs(event, extras=False))} ".encode()
        return data + (text(pairs(event, extras=True)).encode() if is_text else cookie + line)

    return write
