"""Ship files to their ends, once: `acctship run --once`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from acctship.delivery.sending.cutting import cut
from acctship.delivery.sending.parcel import Parcel
from acctship.delivery.sending.patience import BOUNDED
from acctship.delivery.sending.tally import Tally
from acctship.delivery.sending.worker import Worker
from acctship.deployed import Deployed
from acctship.errors import InputError
from acctship.events.batch import EventBatch
from acctship.events.names import Names
from acctship.events.normalize import Normalizer
from acctship.events.source import Source
from acctship.output import Output
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
        tallies: what became of the events, for each output by name.
        filtered: records that `where` kept from an output, for each output by name.
    """

    records: int = 0
    unreadable: int = 0
    holes: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)
    filtered: Counter[str] = field(default_factory=Counter)


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
    workers = [_worker(deployed, output, reports) for deployed, output in built]
    for path, source in files:
        normalizers = {omit: Normalizer(source, names, omit) for omit in {worker.deployed.omit for worker in workers}}

        def skipped(hole: Hole, path: str = path) -> None:
            result.holes += 1
            reports.hole(stream_name(path), hole)

        try:
            with Reader(path, layout=layout, on_hole=skipped) as reader:
                _ship_file(reader, normalizers, workers, names, reports=reports, result=result)
        except InputError as error:
            result.unreadable += 1
            reports.unreadable(error)
    for worker in workers:
        worker.drain()
    for worker in workers:  # not before all have finished: two that want one thing shall notice
        worker.stop(0)
    result.tallies = {worker.deployed.name: worker.tally for worker in workers}
    return result


def _worker(deployed: Deployed, output: Output, reports: Reports) -> Worker:
    def rejected(letters: Sequence[tuple[bytes, str]]) -> None:
        for line, why in letters:
            reports.rejected(deployed.name, EventBatch.from_json([line]).ids[0], why)

    worker = Worker(
        deployed,
        output,
        patience=BOUNDED,
        settled=lambda _parcel, _rejected: None,  # the tally says all that there is to know
        dead_letter=rejected,
        report=lambda _notice: None,  # an outage ends the run, and its failure says why
    )
    worker.start()
    return worker


def _ship_file(
    reader: Reader,
    normalizers: Mapping[frozenset[str], Normalizer],
    workers: Collection[Worker],
    names: Names,
    *,
    reports: Reports,
    result: Result,
) -> None:
    for records in reader:
        batches = {omit: normalizer.events(records) for omit, normalizer in normalizers.items()}
        for worker in workers:
            deployed = worker.deployed
            batch, limits = batches[deployed.omit], deployed.limits
            if deployed.where is not None:
                wanted = np.flatnonzero(deployed.where.mask(records, names)).tolist()
                result.filtered[deployed.name] += len(records) - len(wanted)
                batch = batch.select(wanted)
            for part in cut(batch, limits.batch_events, limits.batch_bytes):
                worker.put(Parcel(batch.select(part)))
        result.records += len(records)
        reports.progress(reader)
        if all(worker.tally.failure for worker in workers):
            raise InputError(f"{reader.name}: not read beyond offset {reader.position}: no output is left")
