"""What shipping costs a day, told from the records of some time: events, bytes, and bytes compressed.

A receiver charges by the byte, so the events themselves are made, as `decode` and `jsonl` write them, and measured. Of
a long file a part is made, chosen evenly, and of that a part compressed; the error is told.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from acctship.events.normalize import Normalizer
from acctship.records import RecordBatch, command
from acctship.reports.commands import CommandCost, Commands
from acctship.reports.sample import Mean, Thinning
from acctship.reports.span import Covered, Span

Omit = frozenset[str]
"""Fields that are left out: see `acctship.events.omit.omitted`."""

BATCH_EVENTS, BATCH_BYTES = 2000, 1_000_000
"""Most events and bytes that an output is given to send at once, unless it or the site says otherwise."""
GZIP_LEVEL = 6
COSTLIEST = 20

MADE, COMPRESSED = 64, 32
"""So many batches are made, and of these compressed, before the first is passed over: powers of two."""


class Cost(NamedTuple):
    """What all events take.

    Attributes:
        bytes: their lines of JSON, each with its newline.
        bytes_error: how far that can be off, either way, in 95 of 100 cases; 0 if every event was made.
        gzip_bytes: the same, compressed batch by batch.
        gzip_bytes_error: likewise.
    """

    bytes: int
    bytes_error: int
    gzip_bytes: int
    gzip_bytes_error: int


class Estimate(NamedTuple):
    """What records cost.

    Attributes:
        records: how many there are; each is one event.
        made: how many of them were made into events and measured.
        compressed: how many of those were compressed, too.
        covered: the time in which their processes ended.
        costs: by what is left out.
        commands: those that cost most, at most `COSTLIEST`.
        forgotten: events of names that were too many to keep apart.
    """

    records: int
    made: int
    compressed: int
    covered: Covered
    costs: Mapping[Omit, Cost]
    commands: list[CommandCost]
    forgotten: int


Batches = Iterable[tuple[RecordBatch, Mapping[Omit, Normalizer]]]


def estimate(batches: Batches, charged: Omit) -> Estimate | None:
    """Tell what records cost.

    Args:
        batches: the records, each batch with what makes its events: for each way to leave fields out, one.
        charged: which of these ways to tell the cost of commands by.

    Returns:
        None if there is no record.
    """
    span, commands = Span(), Commands()
    sizes: dict[Omit, Mean] = {}
    gzipped: dict[Omit, Mean] = {}
    make, compress = Thinning(MADE), Thinning(COMPRESSED)
    count = made = compressed = 0
    for group in _as_sent(batches):
        records = sum(len(batch) for batch, _ in group)
        names = [command(comm) for batch, _ in group for comm in batch.comms()]
        count += records
        commands.count(names)
        for batch, _ in group:
            span.add(batch.end_seconds())
        weight = make.weight()
        if not weight:
            continue
        made += records
        heavier = weight * compress.weight()
        compressed += records if heavier else 0
        for omit in group[0][1]:
            lines = list(chain.from_iterable(normalizers[omit].events(batch).json() for batch, normalizers in group))
            sizes.setdefault(omit, Mean()).add(weight, sum(map(len, lines)) + len(lines), records)
            if heavier:
                gzipped.setdefault(omit, Mean()).add(heavier, _gzip_bytes(lines), records)
            if omit == charged:
                commands.measure(weight, names, lines)
    covered = span.covered()
    if covered is None:
        return None
    costs = {
        omit: Cost(size.total(count), size.error(count), gzipped[omit].total(count), gzipped[omit].error(count))
        for omit, size in sizes.items()
    }
    costliest = commands.costliest(COSTLIEST, costs[charged].bytes / count)
    return Estimate(count, made, compressed, covered, costs, costliest, commands.forgotten)


def _as_sent(batches: Batches) -> Iterator[list[tuple[RecordBatch, Mapping[Omit, Normalizer]]]]:
    """Batches together, as many as an output is given at once: a reader of a pipe gives what has come."""
    group: list[tuple[RecordBatch, Mapping[Omit, Normalizer]]] = []
    for one in batches:
        group.append(one)
        if sum(len(records) for records, _ in group) >= BATCH_EVENTS:
            yield group
            group = []
    if group:
        yield group


def _gzip_bytes(lines: list[bytes]) -> int:
    sends = -(-sum(map(len, lines)) // BATCH_BYTES)
    step = -(-len(lines) // sends)
    bodies = (b"\n".join([*lines[at : at + step], b""]) for at in range(0, len(lines), step))
    return sum(len(zlib.compress(body, GZIP_LEVEL, zlib.MAX_WBITS | 16)) for body in bodies)
