"""What the stand-in may answer to a chunk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgpack  # type: ignore[import-untyped]  # it has no types

from tests.outputs.fluentd.entries import Entry


class Chunk(NamedTuple):
    """A message that has arrived, whether it is taken or not.

    Attributes:
        tag: of all entries.
        entries: time in nanoseconds and record of each.
        option: with `chunk`, the id.
        size: bytes of the entries, as they came.
        connection: on which it came, counted from 0.
    """

    tag: str
    entries: list[Entry]
    option: Mapping[str, Any]
    size: int
    connection: int

    @property
    def id(self) -> str:
        """What an acknowledgement has to repeat."""
        chunk = self.option["chunk"]
        assert isinstance(chunk, str), f"a chunk's id that is no str is acknowledged by no server: {chunk!r}"
        return chunk


class Answer(NamedTuple):
    """What becomes of a chunk.

    Attributes:
        say: bytes; none for silence.
        take: whether its events are kept.
        end: how the connection ends, if it does.
    """

    say: bytes = b""
    take: bool = True
    end: str = ""


Answers = Callable[[Chunk], Answer]


def acknowledge(chunk: Chunk) -> Answer:
    """Take it, and say so."""
    return Answer(acknowledgement(chunk.id))


def acknowledgement(chunk: str) -> bytes:
    """Bytes of one."""
    return bytes(msgpack.packb({"ack": chunk}))


def lose(_chunk: Chunk) -> Answer:
    """Take it, and end the connection before that is said."""
    return Answer(end="close")


def reset(_chunk: Chunk) -> Answer:
    """Take nothing, and reset the connection."""
    return Answer(take=False, end="reset")


def never(_chunk: Chunk) -> Answer:
    """Take it, and say nothing."""
    return Answer()


def of_another(_chunk: Chunk) -> Answer:
    """Take it, and acknowledge a chunk that nobody sent."""
    return Answer(acknowledgement("bm9ib2R5IHNlbnQgaXQuLg=="))


def in_turn(*answers: Answers) -> Answers:
    """One for each chunk in the order in which they come, whatever the connection; behind those, acknowledge."""
    left = list(answers)

    def answer(chunk: Chunk) -> Answer:
        return left.pop(0)(chunk) if left else acknowledge(chunk)

    return answer


def up_to(limit: int, end: str = "") -> Answers:
    """Drop what is larger without a word, as Fluentd does beyond chunk_size_limit; `reset` as Fluent Bit does."""

    def answer(chunk: Chunk) -> Answer:
        return acknowledge(chunk) if chunk.size <= limit else Answer(take=False, end=end)

    return answer
