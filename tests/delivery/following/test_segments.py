"""What is remembered of segments."""

from __future__ import annotations

import msgspec
import pytest

from acctship.delivery.following import segments
from acctship.delivery.following.segments import MOST_WITHOUT_FILES, Catalogue, SegmentEntry
from acctship.delivery.place import Place
from acctship.records import LAYOUTS
from tests.builders import record

LAYOUT = LAYOUTS["linux-v3-le"]


def catalogue(count: int) -> Catalogue:
    made = Catalogue([])
    for number in range(count):
        made.add(f"segment{number}", LAYOUT, record(), 0)
    return made


def test_entry_survives_being_written_down() -> None:
    entry = SegmentEntry("a.1", "a", 3, LAYOUT.name, record().hex(), 64, True, ("/x",), 0, Place(64, 7), 9)
    assert msgspec.json.decode(msgspec.json.encode(entry), type=SegmentEntry) == entry
    assert (entry.record, entry.laid_out) == (record(), LAYOUT)


def test_entry_of_an_older_version_may_lack_what_is_new() -> None:
    entry = SegmentEntry("a", "a", 0, LAYOUT.name, record().hex())
    assert (entry.tail, entry.inode, entry.last_event) == (Place(), 0, None)


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """What no file holds is forgotten at once."""
    monkeypatch.setattr(segments, "MOST_WITHOUT_FILES", 0)


@pytest.mark.usefixtures("forgetful")
def test_other_segments_that_begin_alike_are_numbered() -> None:
    made = Catalogue([])
    keys = [made.add("a", LAYOUT, record(), 0).key for _ in range(3)]
    assert keys == ["a", "a.1", "a.2"]
    assert [entry.key for entry in made.beginning_with("a")] == keys[::-1]
    made.prune({"a", "a.2"})
    assert made.add("a", LAYOUT, record(), 0).key == "a.3"


@pytest.mark.usefixtures("forgetful")
def test_order_goes_on_after_a_restart() -> None:
    before = catalogue(3)
    before.prune({"segment1", "segment2"})
    after = Catalogue(reversed(before.entries()))
    added = after.add("new", LAYOUT, record(), 0)
    assert [entry.ordinal for entry in after.entries()] == [1, 2, 3]
    assert added.ordinal == 3


def test_changes_are_counted_and_others_are_not() -> None:
    made = catalogue(1)
    count = made.changes
    made.change("segment0", size=0)
    assert made.changes == count
    made.change("segment0", size=64)
    assert made.changes == count + 1
    assert made["segment0"].size == 64


def test_oldest_of_too_many_that_are_in_no_file_are_forgotten() -> None:
    made = catalogue(MOST_WITHOUT_FILES + 5)
    count = made.changes
    for _ in range(2):
        made.prune({"segment1", "segment3"})
        assert [entry.key for entry in made.entries()][:3] == ["segment1", "segment3", "segment5"]
        assert (len(made.entries()), made.changes) == (MOST_WITHOUT_FILES + 2, count + 3)
