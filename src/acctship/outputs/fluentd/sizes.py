"""How long chunks may be: a receiver drops one that is too long for it without saying so."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable

from acctship.outputs.fluentd.chunks import Chunk

FLOOR = 64_000
"""Bytes below which no receiver finds a chunk too long, as far as anybody would configure it."""
_MOST_LOST = 1000

_log = logging.getLogger("acctship")


class Sizes:
    """Learns from chunks that were not acknowledged. Several threads may use it at once.

    No acknowledgement in time, though the connection stood, is what Fluentd shows of a chunk above its
    `chunk_size_limit`; a connection lost twice over the same chunk is what Fluent Bit shows of one above its buffer. A
    slow receiver looks the same, so nothing is held against an event: chunks get smaller, and stay so until the output
    is built anew, because each trial of a larger one may cost the whole time limit.

    Args:
        longest: bytes of the entries of one chunk at first.

    Attributes:
        longest: the same now.
    """

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self._lost: set[bytes] = set()
        self._lock = threading.Lock()

    def lost(self, chunks: Collection[Chunk], *, missing: bool) -> None:
        """Note that chunks were not acknowledged.

        Args:
            chunks: those.
            missing: there was no acknowledgement in time; False if the connection was lost.
        """
        with self._lock:
            blamed = [chunk.size for chunk in chunks if missing or chunk.id in self._lost]
            self._lost |= {chunk.id for chunk in chunks}
            if len(self._lost) > _MOST_LOST:
                self._lost.clear()
            half = max(FLOOR, max(blamed, default=0) // 2)
            if max(blamed, default=0) <= FLOOR or half >= self.longest:
                return
            self.longest = half
        _log.warning(
            "fluentd: a chunk of %d bytes was not acknowledged: the receiver is slow, or drops what is longer than its "
            "chunk_size_limit: chunks have at most %d bytes from now on; if that helps, set max_chunk to as much",
            max(blamed),
            half,
        )

    def acknowledged(self, names: Iterable[bytes]) -> None:
        """Note the ids of chunks that were acknowledged."""
        with self._lock:
            self._lost.difference_update(names)
