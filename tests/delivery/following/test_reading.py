"""Reading on from a place, and seeing that the file is still the one that was read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest

from acctship.delivery.following import reading
from acctship.delivery.following.files import last_record, read_at
from acctship.delivery.following.reading import ChangedError, Found, read_plain
from acctship.delivery.following.segments import SegmentEntry
from acctship.delivery.place import Place
from acctship.records import BATCH_RECORDS, LAYOUTS
from tests.builders import SIZE
from tests.delivery.following.followed import numbered

LAYOUT = LAYOUTS["linux-v3-le"]
ENTRY = SegmentEntry("a", "a", 0, LAYOUT.name, numbered(1).hex())


class Open:
    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(numbered(*range(1, 5)))
        self.descriptor = os.open(path, os.O_RDONLY)

    def read(self, place: Place, limit: int | None = None, *, last: bool = False) -> Found | None:
        size = os.fstat(self.descriptor).st_size
        return read_plain(self.descriptor, ENTRY, place, size if limit is None else limit, last=last)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Open]:
    made = Open(tmp_path / "pacct")
    yield made
    os.close(made.descriptor)


def behind(*pids: int) -> Place:
    data = numbered(*pids)
    return Place(len(data), crc32(data[-SIZE:]))


def test_records_from_a_place_on(file: Open) -> None:
    found = file.read(behind(1, 2))
    assert found is not None
    assert found.data.tobytes() == numbered(3, 4)
    assert (found.hole.length, found.before) == (0, crc32(numbered(2)))


def test_nothing_beyond_the_limit(file: Open) -> None:
    found = file.read(behind(1), 3 * SIZE)
    assert found is not None
    assert found.data.tobytes() == numbered(2, 3)
    assert file.read(behind(1, 2, 3), 3 * SIZE) is None


def test_at_most_a_batch_comes_at_once(file: Open) -> None:
    file.path.write_bytes(numbered(*range(1, BATCH_RECORDS + 9)))
    found = file.read(Place())
    assert found is not None
    assert found.data.tobytes() == numbered(*range(1, BATCH_RECORDS + 1))


def test_check_of_what_follows_a_short_hole_covers_the_record_before(file: Open) -> None:
    file.path.write_bytes(numbered(1, 2) + b"rubbish" + numbered(3, 4, 5))
    found = file.read(behind(1, 2))
    assert found is not None
    assert (found.hole.length, found.data.tobytes()) == (7, numbered(3, 4))  # the last one waits: bytes are out of step
    assert found.before == crc32((numbered(2) + b"rubbish")[-SIZE:])


@pytest.mark.parametrize("content", [numbered(9, 2, 3, 4), numbered(1, 9, 3, 4)], ids=["first", "before the place"])
def test_file_that_is_another_is_refused(file: Open, content: bytes) -> None:
    file.path.write_bytes(content)
    with pytest.raises(ChangedError):
        file.read(behind(1, 2))


def test_file_that_is_cut_while_it_is_read_is_refused(file: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    real = reading.find

    def find_and_cut(*arguments: object) -> Found | None:
        found = real(*arguments)  # type: ignore[arg-type]  # those that came
        file.path.write_bytes(numbered(7, 8, 9, 10, 11))
        return found

    monkeypatch.setattr(reading, "find", find_and_cut)
    with pytest.raises(ChangedError):
        file.read(behind(1, 2))


def test_last_record_is_found_behind_damage_and_before_a_torn_one(file: Open) -> None:
    data = numbered(1, 2) + b"rubbish" + numbered(3, 4)
    file.path.write_bytes(data + numbered(5)[:20])
    assert last_record(file.descriptor, LAYOUT, 0, len(data)) == (3 * SIZE + 7, numbered(4))
    assert last_record(file.descriptor, LAYOUT, 0, len(data) + 20) == (3 * SIZE + 7, numbered(4))
    assert last_record(file.descriptor, LAYOUT, 0, SIZE) == (0, numbered(1))
    assert last_record(file.descriptor, LAYOUT, 0, 0) is None


def test_reading_behind_the_end_gives_what_is_there(file: Open) -> None:
    assert read_at(file.descriptor, 3 * SIZE, 999) == numbered(4)
    assert read_at(file.descriptor, 99 * SIZE, 999) == b""
