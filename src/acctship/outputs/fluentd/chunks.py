"""Chunks: events that are sent, and acknowledged, together, as one PackedForward message."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import msgspec

import acctship
from acctship.outputs.fluentd.config import Config
from acctship.outputs.fluentd.entries import heads, records
from acctship.outputs.fluentd.tags import tagger

_LEVEL = 1
"""Of gzip: events are so much alike that more gains a tenth of the size for twice the time."""

_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True)
class Chunk:
    """One message that the receiver acknowledges.

    Attributes:
        id: of the option `chunk`, base64 of 128 bits (Forward protocol v1): a hash of tag and entries, so the same
            events have the same id when they are sent again.
        size: bytes of its entries, before compression.
        frame: the message.
    """

    id: bytes
    size: int
    frame: bytes


class Packer:
    """Makes chunks of batches. Several threads may use it at once."""

    def __init__(self, config: Config) -> None:
        self._tags, self._flat = tagger(config.tag), config.flat
        self._gzip, self._largest = config.compress == "gzip", config.largest

    def chunks(self, batch: acctship.EventBatch, longest: int) -> tuple[list[Chunk], dict[int, str]]:
        """Chunks of a batch: one for each tag, or more where they would be too long.

        Args:
            batch: the events.
            longest: bytes of the entries of one chunk; a single event may have more.

        Returns:
            The chunks; and for each event that is too large for any, its position in the batch and the reason.
        """
        if not len(batch):
            return [], {}
        entries = list(zip(heads(batch.times_ns), records(batch, flat=self._flat), strict=True))
        sizes = [len(head) + len(record) for head, record in entries]
        rejected = {
            at: f"too large: {size} bytes as MessagePack, and max_chunk is {self._largest}"
            for at, size in enumerate(sizes)
            if size > self._largest
        }
        made = [
            self._chunk(tag, b"".join(chain.from_iterable(entries[at] for at in part)), len(part))
            for tag, positions in _by_tag(self._tags(batch), rejected)
            for part in _cut(positions, sizes, longest)
        ]
        return made, rejected

    def _chunk(self, tag: str, data: bytes, count: int) -> Chunk:
        digest = hashlib.sha256(tag.encode() + b"\0" + data).digest()
        name = base64.b64encode(digest[:16])
        option: dict[str, object] = {"size": count, "chunk": name.decode()}
        packed = data
        if self._gzip:
            option["compressed"] = "gzip"
            packed = gzip.compress(data, _LEVEL, mtime=0)
        return Chunk(name, len(data), _encode((tag, packed, option)))


def _by_tag(tags: Sequence[str], rejected: Mapping[int, str]) -> Iterable[tuple[str, Sequence[int]]]:
    if not rejected and tags.count(tags[0]) == len(tags):
        return [(tags[0], range(len(tags)))]
    groups: dict[str, list[int]] = {}
    for at, tag in enumerate(tags):
        if at not in rejected:
            groups.setdefault(tag, []).append(at)
    return groups.items()


def _cut(positions: Sequence[int], sizes: Sequence[int], longest: int) -> Iterator[Sequence[int]]:
    start = total = 0
    for end, at in enumerate(positions):
        total += sizes[at]
        if total > longest and end > start:
            yield positions[start:end]
            start, total = end, sizes[at]
    yield positions[start:]
