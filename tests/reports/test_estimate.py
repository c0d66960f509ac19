"""What records cost, against all their events made, added up and compressed without any sampling."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator
from operator import itemgetter

import pytest

from acctship.events.normalize import Normalizer
from acctship.events.omit import NOTHING, omitted
from acctship.events.source import Source
from acctship.records import RecordBatch, command
from acctship.reports import estimate as module
from acctship.reports.estimate import Estimate, Omit, estimate
from acctship.reports.span import Covered
from tests.builders import BTIME, SIZE, batch, random_records, record
from tests.events.making import FOREIGN, NAMES, SOURCE

MINIMAL = omitted("minimal", "")
OTHER = Source("e" * 32, path="/srv/other")


def in_batches(records: list[bytes], size: int, source: Source = SOURCE) -> Iterator[tuple[RecordBatch, Source]]:
    for at in range(0, len(records), size):
        yield batch(records[at : at + size], offset=at * SIZE), source


def told(records: list[bytes], *, size: int = 700, charged: Omit = NOTHING, source: Source = SOURCE) -> Estimate:
    found = estimate(in_batches(records, size, source), NAMES, (NOTHING, MINIMAL), charged)
    assert found is not None
    return found


def lines(records: list[bytes], omit: Omit, source: Source = SOURCE) -> list[bytes]:
    return [line + b"\n" for line in Normalizer(source, NAMES, omit).events(batch(records)).json()]


def gzipped(some: list[bytes]) -> int:
    return len(zlib.compress(b"".join(some), 6)) + 12  # gzip has 12 bytes more of header and trailer than zlib


@pytest.mark.parametrize("size", [1, 16, 1024, 5000])
def test_every_byte_of_every_event_is_counted(size: int) -> None:
    records = random_records(3000)
    found = told(records, size=size)

    assert (found.records, found.measured) == (3000, 3000)
    for omit in (NOTHING, MINIMAL):
        assert found.costs[omit].bytes == sum(map(len, lines(records, omit)))
        assert found.costs[omit].bytes_error == found.costs[omit].gzip_bytes_error == 0


def test_events_are_compressed_in_the_batches_that_outputs_are_given() -> None:
    slim = lines(random_records(4000), MINIMAL)
    found = told(random_records(4000), size=1000)

    assert sum(map(len, slim[:2000])) < module.BATCH_BYTES
    assert found.costs[MINIMAL].gzip_bytes == gzipped(slim[:2000]) + gzipped(slim[2000:])
    full = lines(random_records(2000), NOTHING, FOREIGN)
    found = told(random_records(2000), size=1000, source=FOREIGN)
    assert module.BATCH_BYTES < sum(map(len, full)) < 2 * module.BATCH_BYTES
    assert found.costs[NOTHING].gzip_bytes == gzipped(full[:1000]) + gzipped(full[1000:])


@pytest.mark.parametrize("charged", [NOTHING, MINIMAL])
def test_commands_that_cost_most_come_with_their_own_bytes(charged: Omit) -> None:
    records = random_records(3000)
    events, sizes = Counter[bytes](), Counter[bytes]()
    for comm, line in zip(batch(records).comms(), lines(records, charged), strict=True):
        events[command(comm)] += 1
        sizes[command(comm)] += len(line)
    found = told(records, charged=charged)

    expected = sorted(((name, events[name], size) for name, size in sizes.items()), key=lambda one: (-one[2], one[0]))
    assert len(expected) > module.COSTLIEST
    assert list(map(tuple, found.commands)) == expected[: module.COSTLIEST]
    assert found.forgotten == 0


def test_share_of_the_compressed_bytes_is_near_what_leaving_a_command_out_saves() -> None:
    records = random_records(4000)
    names, full = [command(comm) for comm in batch(records).comms()], lines(records, NOTHING)
    whole = sum(gzipped(full[at : at + 1000]) for at in range(0, 4000, 1000))
    for name in (b"sh", b"cat", b"sleep"):
        rest = [line for line, own in zip(full, names, strict=True) if own != name]
        saved = whole - sum(gzipped(rest[at : at + 1000]) for at in range(0, len(rest), 1000))
        share = sum(len(line) for line, own in zip(full, names, strict=True) if own == name) / sum(map(len, full))
        assert saved == pytest.approx(share * whole, rel=0.1)


def test_long_file_is_measured_in_part_and_truth_lies_within_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH_EVENTS", 20)
    monkeypatch.setattr(module, "DENSE", 32)
    records = random_records(12_000, seed=2)
    found = told(records, size=20)

    assert (found.records, found.measured) == (12_000, 20 * (32 + 16 * 4 + 3))
    for omit in (NOTHING, MINIMAL):
        cost, all_lines = found.costs[omit], lines(records, omit)
        assert 0 < cost.bytes_error < cost.bytes / 100
        assert abs(cost.bytes - sum(map(len, all_lines))) <= cost.bytes_error
        packed = sum(gzipped(all_lines[at : at + 20]) for at in range(0, 12_000, 20))
        assert 0 < cost.gzip_bytes_error < cost.gzip_bytes / 20
        assert abs(cost.gzip_bytes - packed) <= cost.gzip_bytes_error
    events = Counter(map(itemgetter(0), found.commands))
    exact = Counter(command(comm) for comm in batch(records).comms())
    assert [(cost.name, cost.events) for cost in found.commands] == [(name, exact[name]) for name in events]


def test_files_have_their_own_origins() -> None:
    records = random_records(100)
    batches = [*in_batches(records, 30), *in_batches(records, 30, OTHER), *in_batches(records, 30, FOREIGN)]
    found = estimate(batches, NAMES, [NOTHING], NOTHING)

    assert found is not None
    sizes = (sum(map(len, lines(records, NOTHING, source))) for source in (SOURCE, OTHER, FOREIGN))
    assert found.costs[NOTHING].bytes == sum(sizes)


def test_time_runs_from_the_first_end_to_the_last() -> None:
    found = told([record(btime=BTIME + 500), record(btime=BTIME, etime=100.0), record(btime=BTIME - 9, etime=1000.0)])

    assert found.covered == Covered(BTIME + 1, BTIME + 500, 499, 0)


def test_no_record_costs_nothing() -> None:
    assert estimate([], NAMES, [NOTHING], NOTHING) is None
