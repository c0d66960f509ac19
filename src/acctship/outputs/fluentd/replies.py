"""What a receiver says, as MessagePack that may come in any pieces, and may be anything."""

from __future__ import annotations

from collections.abc import Iterator

import msgpack  # type: ignore[import-untyped]  # it has none

import acctship

_PIECE = 16_384
_MOST = 65_536
"""Bytes that one message of the receiver's may have: HELO, PONG and acknowledgements have a few hundred at most."""


class GarbledError(acctship.RetryableError):
    """What came is no MessagePack, or far too much of it."""


class Replies:
    """Messages of one connection, in order.

    Strings come as bytes: the nonce of HELO is random, and Fluent Bit sends it as a string that is not UTF-8.

    Args:
        peer: for messages of errors.
    """

    def __init__(self, peer: str) -> None:
        self._peer = peer
        self._unpacker = msgpack.Unpacker(raw=True, strict_map_key=False, max_buffer_size=2 * _MOST)
        self._fed = self._understood = 0

    def take(self, inbox: bytearray) -> Iterator[object]:
        """Messages that are there in full; what has come of the next one is kept until the rest is there.

        Raises:
            GarbledError: it is no message.
        """
        while True:
            try:
                message = self._unpacker.unpack()
            except msgpack.OutOfData:
                if not inbox:
                    return
                self._feed(inbox)
            except Exception as error:  # noqa: BLE001 - the decoder raises what it likes about bytes that it dislikes
                raise self._garbled(type(error).__name__) from None
            else:
                self._understood = self._unpacker.tell()
                yield message

    def _feed(self, inbox: bytearray) -> None:
        piece = bytes(inbox[:_PIECE])
        del inbox[:_PIECE]
        self._fed += len(piece)
        if self._fed - self._understood > _MOST:  # the decoder keeps what it has made of it: it has no such limit
            raise self._garbled(f"a message of more than {_MOST} bytes")
        self._unpacker.feed(piece)

    def _garbled(self, what: str) -> GarbledError:
        return GarbledError(f"{self._peer}: speaks no forward protocol there: {what}")


def shown(message: object) -> str:
    """A message of the receiver's for people: cut short, and harmless."""
    try:
        return acctship.escape(ascii(message)[:100].encode())
    except RecursionError:
        return "what is nested deeply"
