"""`event.id`: the same for the same record, whoever reads it and however; another for any other."""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from hypothesis import given, strategies as st

from acctship.events.identity import Machine
from acctship.events.names import Names, no_name
from acctship.events.normalize import Normalizer
from acctship.events.omit import omitted
from acctship.events.source import Source
from acctship.records import Reader
from tests.builders import SIZE, batch, random_records, record
from tests.events.making import FOREIGN, NAMES, SOURCE, ids, make

RECORDS = random_records(600)


def ids_of_file(path: Path | str, source: Source = SOURCE) -> list[str]:
    normalizer = Normalizer(source, NAMES)
    with Reader(path) as reader:
        return ids([normalizer.events(records) for records in reader])


def test_it_is_made_of_segment_offset_and_checksum() -> None:
    segment = sha256(SOURCE.id.encode() + b"\0" + RECORDS[0]).hexdigest()[:20]
    for at, name in enumerate(make(RECORDS).ids):
        assert name == f"{segment}-{at * SIZE:x}-{zlib.crc32(RECORDS[at]):08x}"


def test_a_file_a_copy_and_a_pipe_give_the_same_ids(tmp_path: Path) -> None:
    (tmp_path / "pacct").write_bytes(b"".join(RECORDS))
    first = ids_of_file(tmp_path / "pacct")
    assert len(set(first)) == 600
    assert ids_of_file(tmp_path / "pacct") == first
    (tmp_path / "pacct").rename(tmp_path / "pacct.1")
    assert ids_of_file(tmp_path / "pacct.1", replace(SOURCE, path="/elsewhere")) == first
    reading, writing = os.pipe()
    os.write(writing, b"".join(RECORDS))
    os.close(writing)
    assert ids_of_file(f"/dev/fd/{reading}", replace(SOURCE, path=None)) == first
    os.close(reading)


@given(st.lists(st.integers(1, 99), max_size=10).map(sorted))
def test_where_batches_are_cut_does_not_matter(cuts: list[int]) -> None:
    normalizer = Normalizer(SOURCE, NAMES)
    bounds = [0, *cuts, 100]
    parts = [normalizer.events(batch(RECORDS[low:high], offset=low * SIZE)) for low, high in pairwise(bounds)]
    whole = make(RECORDS[:100])
    assert ids(parts) == whole.ids
    assert [line for part in parts for line in part.json()] == whole.json()


def test_another_source_gives_other_ids_and_nothing_else_does() -> None:
    base = make(RECORDS).ids
    assert not set(base) & set(make(RECORDS, source=replace(SOURCE, id="e" * 32)).ids)
    other = Source(SOURCE.id, Machine("b"), "/b", {"b": "c"}, ("d",))
    assert make(RECORDS, source=other, names=Names(no_name, no_name)).ids == base
    lean = Normalizer(SOURCE, NAMES, omitted("minimal", "here")).events(batch(RECORDS))
    assert lean.ids == base


def test_another_first_record_gives_another_segment() -> None:
    segments = {make([record(pid=pid), record()]).ids[1].split("-")[0] for pid in (1, 2, 3)}
    assert len(segments) == 3


def test_the_same_bytes_at_another_place_are_another_record() -> None:
    names = make([record()] * 50).ids
    assert len(set(names)) == 50


def test_other_bytes_at_the_same_place_are_another_record() -> None:
    # A file that was cut and grew again: even a field that no event shows tells them apart.
    before, after = make([record(), record(io=1)]).ids, make([record(), record(io=2)]).ids
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_offsets_above_4_gib_and_their_sequence() -> None:
    normalizer = Normalizer(FOREIGN, NAMES)
    normalizer.events(batch(RECORDS[:1]))
    offset = 2**33 + SIZE
    events = normalizer.events(batch(RECORDS[1:3], offset=offset))
    assert [name.split("-")[1] for name in events.ids] == [f"{offset:x}", f"{offset + SIZE:x}"]
    seen = [json.loads(line) for line in events.json()]
    assert [event["event"]["sequence"] for event in seen] == [2**27 + 1, 2**27 + 2]
    assert [event["acct"]["offset"] for event in seen] == [offset, offset + SIZE]
