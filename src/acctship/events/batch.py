"""Events on their way to an output."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Self, overload

import msgspec

from acctship.events.schema import Event
from acctship.records.columns import NS


class _Meta(msgspec.Struct, gc=False, frozen=True):
    id: str
    dataset: str


class _Heading(msgspec.Struct, gc=False, frozen=True):
    event: _Meta


_encode_json = msgspec.json.Encoder().encode
_encode_msgpack = msgspec.msgpack.Encoder().encode
_decode = msgspec.json.Decoder(Event).decode
_decode_heading = msgspec.json.Decoder(_Heading).decode
"""A quarter of the work: what it does not name is skipped."""


class EventBatch(Sequence[Event]):
    """An immutable sequence of events, with the encodings that outputs share.

    What is computed once is kept: two outputs that ask for JSON pay for it once. Slices are batches, too.

    Args:
        events: the events, in the order of their records.

    Example:
        >>> EventBatch([]).json()
        []
    """

    def __init__(self, events: Sequence[Event]) -> None:
        self._length = len(events)
        self._events = events  # fills the cached property

    @classmethod
    def from_json(cls, lines: Sequence[bytes], times_ns: Sequence[int] | None = None) -> Self:
        """A batch of events that are JSON already; what is not asked for is never decoded.

        Args:
            lines: one event each, as `json` gives them.
            times_ns: if they are known already, what `times_ns` shall give.
        """
        batch = cls.__new__(cls)
        batch._length = len(lines)
        batch._json = lines
        if times_ns is not None:
            batch.times_ns = times_ns
        return batch

    def __len__(self) -> int:
        return self._length

    def __repr__(self) -> str:
        return f"<EventBatch of {self._length} events>"

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> EventBatch: ...
    def __getitem__(self, index: int | slice) -> Event | EventBatch:
        """One event, or a batch of some."""
        if isinstance(index, slice):
            return self.select(range(self._length)[index])
        return self._events[index]

    @cached_property
    def ids(self) -> Sequence[str]:
        """`event.id` of each event."""
        return [event.event.id for event in self._headings]

    @cached_property
    def datasets(self) -> Sequence[str]:
        """`event.dataset` of each event: `acct.process` or `acct.health`, which a receiver may keep apart."""
        return [event.event.dataset for event in self._headings]

    @cached_property
    def times_ns(self) -> Sequence[int]:
        """`@timestamp` of each event, in nanoseconds since 1970."""
        return [_ns(event.timestamp) for event in self._events]

    def json(self) -> Sequence[bytes]:
        """Each event as one line of JSON in UTF-8, without a newline at its end or anywhere in it."""
        return self._json

    def msgpack(self) -> Sequence[bytes]:
        """Each event as one MessagePack map."""
        return self._msgpack

    def select(self, positions: Sequence[int]) -> EventBatch:
        """Take some of the events, in the order of `positions`.

        Raises:
            IndexError: a position is outside the batch.
        """
        part = EventBatch.__new__(EventBatch)
        part._length = len(positions)
        for name in ("_events", "_json", "_msgpack", "ids", "datasets", "times_ns"):
            if name in self.__dict__:
                whole = self.__dict__[name]
                part.__dict__[name] = [whole[at] for at in positions]
        return part

    @cached_property
    def _headings(self) -> Sequence[Event | _Heading]:
        return self._events if "_events" in self.__dict__ else list(map(_decode_heading, self._json))

    @cached_property
    def _events(self) -> Sequence[Event]:
        return list(map(_decode, self._json))

    @cached_property
    def _json(self) -> Sequence[bytes]:
        return list(map(_encode_json, self._events))

    @cached_property
    def _msgpack(self) -> Sequence[bytes]:
        # One by one: kept, events that nobody asked for would take three times the memory of what is made of them.
        events = self._events if "_events" in self.__dict__ else map(_decode, self._json)
        return list(map(_encode_msgpack, events))


def _ns(timestamp: str) -> int:
    when = datetime.fromisoformat(timestamp)
    return int(when.timestamp()) * NS + when.microsecond * 1000
