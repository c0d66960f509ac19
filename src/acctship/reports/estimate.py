"""What shipping costs a day, told from the records of some time: events, bytes, and bytes compressed.

A receiver charges by the byte, so the events themselves are made, as `decode` and `jsonl` write them, measured, and
compressed. Of a long file only a part is, chosen evenly, and the error is told.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from acctship.events.names import Names
from acctship.events.normalize import Normalizer
from acctship.events.source import Source
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

DENSE = 64
"""So many batches are measured before the first is passed over."""
BLOCK = 4
"""So many batches are measured together, one way to leave fields out after the other: each takes memory."""


class Cost(NamedTuple):
    """What all events take.

    Attributes:
        bytes: their lines of JSON, each with its newline.
        bytes_error: how far that can be off, either way, in 95 of 100 cases; 0 if every event was measured.
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
        measured: how many of them were made into events, which were measured.
        covered: the time in which their processes ended.
        costs: by what is left out.
        commands: those that cost most, at most `COSTLIEST`.
        forgotten: events of names that were too many to keep apart.
    """

    records: int
    measured: int
    covered: Covered
    costs: Mapping[Omit, Cost]
    commands: list[CommandCost]
    forgotten: int


Batches = Iterable[tuple[RecordBatch, Source]]


@dataclass
class _Group:
    """Records to be measured together, and the number of such groups that they stand for."""

    batches: list[tuple[RecordBatch, Source]]
    weight: int = 0

    def __len__(self) -> int:
        return sum(len(records) for records, _ in self.batches)


@dataclass
class _Sizes:
    """What events took, with some fields left out."""

    raw: Mean = field(default_factory=Mean)
    gzipped: Mean = field(default_factory=Mean)

    def cost(self, records: int) -> Cost:
        raw, gzipped = self.raw, self.gzipped
        return Cost(raw.total(records), raw.error(records), gzipped.total(records), gzipped.error(records))


def estimate(batches: Batches, names: Names, omits: Iterable[Omit], charged: Omit) -> Estimate | None:
    """Tell what records cost, in constant memory.

    Args:
        batches: the records, each batch with what its events say of where they come from.
        names: of users and groups, as the events will have them.
        omits: the ways to leave fields out.
        charged: which of them to tell the cost of commands by.

    Returns:
        None if there is no record.
    """
    span, commands = Span(), Commands()
    sizes = {omit: _Sizes() for omit in omits}
    thinning = Thinning(DENSE)
    count = measured = 0
    block: list[_Group] = []

    def measure() -> None:
        for omit, size in sizes.items():
            _measure(block, omit, names, size, commands if omit == charged else None)
        block.clear()

    for group in _as_sent(batches):
        count += len(group)
        for records, _ in group.batches:
            span.add(records.end_seconds())
            commands.count(map(command, records.comms()))
        group.weight = thinning.weight()
        if group.weight:
            measured += len(group)
            block.append(group)
        if len(block) >= BLOCK:
            measure()
    measure()
    covered = span.covered()
    if covered is None:
        return None
    costs = {omit: size.cost(count) for omit, size in sizes.items()}
    costliest = commands.costliest(COSTLIEST, costs[charged].bytes / count)
    return Estimate(count, measured, covered, costs, costliest, commands.forgotten)


def _as_sent(batches: Batches) -> Iterator[_Group]:
    """Batches together, as many as an output is given at once: a reader of a pipe gives what has come."""
    group = _Group([])
    for one in batches:
        group.batches.append(one)
        if len(group) >= BATCH_EVENTS:
            yield group
            group = _Group([])
    if group.batches:
        yield group


def _measure(block: Iterable[_Group], omit: Omit, names: Names, sizes: _Sizes, commands: Commands | None) -> None:
    """Make the events of a block and add up their sizes. What remembers how to make them lives no longer."""
    current = None
    for group in block:
        lines: list[bytes] = []
        for records, source in group.batches:
            if source is not current:
                current, normalizer = source, Normalizer(source, names, omit)
            lines.extend(normalizer.events(records).json())
        sizes.raw.add(group.weight, sum(map(len, lines)) + len(lines), len(lines))
        sizes.gzipped.add(group.weight, _gzip_bytes(lines), len(lines))
        if commands is not None:
            comms = [command(comm) for records, _ in group.batches for comm in records.comms()]
            commands.measure(group.weight, comms, lines)


def _gzip_bytes(lines: list[bytes]) -> int:
    sends = -(-sum(map(len, lines)) // BATCH_BYTES)
    step = -(-len(lines) // sends)
    bodies = (b"\n".join([*lines[at : at + step], b""]) for at in range(0, len(lines), step))
    return sum(len(zlib.compress(body, GZIP_LEVEL, zlib.MAX_WBITS | 16)) for body in bodies)
