"""Bytes that are no records, in a file that grows: chunks do not depend on how it grew, and holes are told once."""

from __future__ import annotations

import os

from hypothesis import given, settings, strategies as st

from acctship.delivery.following.reading import Bounded, find
from acctship.records import LAYOUTS
from tests.builders import SIZE, random_records
from tests.delivery.following.followed import Site, numbered

LAYOUT = LAYOUTS["linux-v3-le"]


def test_damage_in_the_middle_is_skipped_and_told_once(site: Site) -> None:
    first, second = site.output(), site.output()
    site.append(b"rubbish!" * 5 + numbered(4, 5, 6))
    assert first.read() == [1, 2, 3, 4, 5, 6]
    assert second.read() == [1, 2, 3, 4, 5, 6]
    assert first.holes == second.holes == [(3 * SIZE, 40, "no record of Linux v3, little-endian")]
    (notice,) = site.notices
    assert notice.action == "resynchronised"
    assert notice.details == {
        "segment": site.entry(0).id,
        "begin": 3 * SIZE,
        "end": 3 * SIZE + 40,
        "skipped": 40,
    }


def test_zeros_are_skipped(site: Site) -> None:
    output = site.output()
    site.append(bytes(2 * SIZE) + numbered(4, 5, 6))
    assert output.read() == [1, 2, 3, 4, 5, 6]
    assert output.holes == [(3 * SIZE, 2 * SIZE, "all of them are zero")]


def test_large_hole_of_a_sparse_file_is_skipped_at_once(site: Site) -> None:
    os.truncate(site.path, 1 << 36)
    site.append(numbered(4, 5, 6))
    output = site.output()
    assert output.read() == [1, 2, 3, 4, 5, 6]
    assert output.holes == [(3 * SIZE, (1 << 36) - 3 * SIZE, "all of them are zero")]


def test_torn_record_is_waited_for(site: Site) -> None:
    output = site.output()
    site.append(numbered(4)[:30])
    output.read()
    assert output.pids == [1, 2]  # the third one waits, too: what is torn may be it
    site.append(numbered(4)[30:])
    site.poll()
    assert output.read() == [3, 4]
    assert site.notices == []


def test_torn_record_at_the_end_of_a_segment_is_a_hole(site: Site) -> None:
    output = site.output()
    site.append(numbered(4)[:30])
    output.read()
    site.path.rename(site.beside(".1"))
    site.append(numbered(5))
    site.poll()
    assert output.read() == [3, 5]
    assert output.holes == [(3 * SIZE, 30, "the last record is cut short")]
    old = site.entry(0)
    assert site.follower.ended(old.key, 3 * SIZE + 30)
    assert site.follower.unread(output.places) == 0
    assert len(site.said("resynchronised")) == 1


def test_records_behind_a_torn_one_are_found(site: Site) -> None:
    output = site.output()
    site.append(numbered(4)[:30])
    output.read()
    site.append(numbered(5, 6, 7))
    site.poll()
    output.read()
    assert output.pids == [1, 2, 3, 5, 6, 7][: len(output.pids)]
    site.append(numbered(8, 9, 10))
    site.poll()
    output.read()
    assert output.pids[:6] == [1, 2, 3, 5, 6, 7]
    assert output.holes == [(3 * SIZE, 30, "no record of Linux v3, little-endian")]


def test_present_behind_damage_is_the_end_of_the_last_record(site: Site) -> None:
    site.append(b"rubbish" + numbered(4, 5, 6))
    output = site.output()
    output.places.update(site.follower.present())
    assert output.read() == []
    site.append(numbered(7))
    site.poll()
    assert output.read() == [7]


def test_file_that_begins_with_zeros(site: Site) -> None:
    site.path.write_bytes(bytes(5 * SIZE) + numbered(1, 2, 3))
    output = site.output()
    assert output.read() == [1, 2, 3]
    site.append(numbered(4))
    site.restart()
    assert output.read() == [4]
    assert len(site.follower.entries()) == 1


def found_in(data: bytes, ends: list[int]) -> list[tuple[int, int, str, bytes]]:
    """What is found in a file that is read when it has each of some sizes."""
    found, offset, before = [], 0, b""
    for end in [*ends, len(data)]:
        last = end == len(data)

        def read(start: int, count: int, end: int = end) -> bytes:
            return data[start : min(end, start + count)]

        def is_last(last: bool = last) -> bool:
            return last

        while (one := find(LAYOUT, Bounded(read, is_last), offset, before)) is not None:
            found.append((offset, one.hole.length, one.hole.reason if one.hole.length else "", one.data.tobytes()))
            offset += one.hole.length + len(one.data)
            before = data[max(0, offset - SIZE) : offset]
    return found


def joined(found: list[tuple[int, int, str, bytes]]) -> list[tuple[int, int, str, bytes]]:
    """Chunks that follow each other without a hole, as one."""
    whole: list[tuple[int, int, str, bytes]] = []
    for offset, length, reason, data in found:
        if length or not whole:
            whole.append((offset, length, reason, data))
        else:
            whole[-1] = (*whole[-1][:3], whole[-1][3] + data)
    return whole


@settings(max_examples=200, deadline=None)
@given(
    count=st.integers(1, 40),
    damage=st.lists(st.tuples(st.integers(0, 40 * SIZE), st.binary(max_size=100)), max_size=3),
    ends=st.lists(st.integers(0, 40), max_size=6).map(sorted),
    seed=st.integers(0, 5),
)
def test_what_is_found_accounts_for_every_byte_however_the_file_grew(
    count: int, damage: list[tuple[int, bytes]], ends: list[int], seed: int
) -> None:
    data = b"".join(random_records(count, seed=seed))
    for at, rubbish in sorted(damage, reverse=True):
        data = data[:at] + rubbish + data[at:]
    found = found_in(data, [min(end * SIZE, len(data) - 1) for end in ends])
    at = 0
    for offset, length, _, records in found:
        assert offset == at
        assert records == data[offset + length : offset + length + len(records)]
        at += length + len(records)
    assert at == len(data)
    if not damage:
        assert joined(found) == [(0, 0, "", data)]
