"""Ship files to their ends, once: `acctship run --once`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from acctship.delivery.worker import Tally, Worker
from acctship.deployed import Deployed
from acctship.errors import InputError
from acctship.events.names import Names
from acctship.events.normalize import Normalizer
from acctship.events.source import Source
from acctship.records import Hole, Layout, Reader, stream_name


@dataclass(frozen=True)
class Reports:
    """What a run tells while it goes on.

    Attributes:
        unreadable: a file could not be read, or not to its end.
        hole: bytes of a file were skipped.
        rejected: output, event id and reason of an event that a receiver will never take.
        progress: a reader has read on.
    """

    unreadable: Callable[[InputError], None]
    hole: Callable[[str, Hole], None]
    rejected: Callable[[str, str, str], None]
    progress: Callable[[Reader], None] = lambda _reader: None


@dataclass
class Result:
    """What a run came to.

    Attributes:
        records: records that were read.
        unreadable: files that could not be read, or not to their ends.
        holes: stretches of bytes that were skipped.
        filtered: records that an output does not want, for each output by name.
        tallies: what became of the others, for each output by name.
    """

    records: int = 0
    unreadable: int = 0
    holes: int = 0
    filtered: Counter[str] = field(default_factory=Counter)
    tallies: dict[str, Tally] = field(default_factory=dict)


def ship(
    files: Iterable[tuple[str, Source]],
    names: Names,
    outputs: Iterable[Deployed],
    reports: Reports,
    layout: Layout | None = None,
) -> Result:
    """Read each file to the size it has when it is opened, and deliver its events to every output.

    Args:
        files: path, `-` for standard input, and what the events say of its origin.
        names: tells names of users and groups.
        outputs: where to deliver.
        reports: told of what goes wrong on the way.
        layout: of the files, where a person knows better than their first bytes tell.

    Raises:
        ConfigError: an output cannot be built.
        PluginError: an output cannot be built.
    """
    result = Result()
    built = [(deployed, deployed.build()) for deployed in outputs]
    workers = [Worker(deployed, output, partial(reports.rejected, deployed.name)) for deployed, output in built]
    for path, source in files:
        normalizers = {omit: Normalizer(source, names, omit) for omit in {worker.deployed.omit for worker in workers}}

        def skipped(hole: Hole, path: str = path) -> None:
            result.holes += 1
            reports.hole(stream_name(path), hole)

        try:
            with Reader(path, layout=layout, on_hole=skipped) as reader:
                _ship_file(reader, names, normalizers, workers, reports=reports, result=result)
        except InputError as error:
            result.unreadable += 1
            reports.unreadable(error)
    result.tallies = {worker.deployed.name: worker.finish() for worker in workers}
    for worker in workers:  # not before all have finished: two that want one thing shall notice
        worker.close()
    return result


def _ship_file(
    reader: Reader,
    names: Names,
    normalizers: Mapping[frozenset[str], Normalizer],
    workers: Collection[Worker],
    *,
    reports: Reports,
    result: Result,
) -> None:
    for records in reader:
        batches = {omit: normalizer.events(records) for omit, normalizer in normalizers.items()}
        for worker in workers:
            deployed, batch = worker.deployed, batches[worker.deployed.omit]
            if deployed.where is not None:
                batch = batch.select(np.flatnonzero(deployed.where.mask(records, names)).tolist())
                result.filtered[deployed.name] += len(records) - len(batch)
            worker.put(batch)
        result.records += len(records)
        reports.progress(reader)
        if all(worker.tally.failure for worker in workers):
            raise InputError(f"{reader.name}: not read beyond offset {reader.position}: no output is left")
