"""A live file that is cut, whatever comes in its place: nothing is read for what it is not, and it is said."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import pytest

from acctship.delivery.following.files import examine_file
from acctship.delivery.place import Place
from tests.builders import SIZE
from tests.delivery.following.followed import Site, numbered


def event_id(segment: str, at: int, pid: int) -> str:
    return f"{segment}-{at * SIZE:x}-{crc32(numbered(pid)):08x}"


def test_truncated_file_is_told_when_its_first_record_comes(site: Site) -> None:
    output = site.output()
    output.read()
    site.path.write_bytes(b"")
    site.poll()
    assert site.notices == []
    site.append(numbered(7))
    site.poll()
    assert output.read() == [7]
    (notice,) = site.notices
    old, new = site.follower.entries()
    assert notice.action == "truncated"
    assert notice.details == {
        "segment": new.id,
        "previous": old.id,
        "begin": 3 * SIZE,
        "after": event_id(old.id, 2, 3),
        "before": event_id(new.id, 0, 7),
    }
    assert "records between may be missing" in notice.message


def test_truncated_file_that_stays_empty_is_told_at_the_end(site: Site) -> None:
    site.output().read()
    site.path.write_bytes(b"")
    site.poll()
    site.stop()
    (notice,) = site.said("truncated")
    assert (notice.details["segment"], notice.details["begin"]) == (None, 3 * SIZE)


def test_truncation_is_told_once_whether_it_is_stopped_or_killed_before_the_next_record(site: Site) -> None:
    site.output().read()
    site.path.write_bytes(b"")
    site.poll()
    killed = site.follower.entries()
    site.stop()
    assert len(site.said("truncated")) == 1
    site.append(numbered(7))
    site.restart()
    assert len(site.said("truncated")) == 1
    site.stop()
    site.known = killed
    site.restart()
    assert len(site.said("truncated")) == 2


@pytest.mark.parametrize("pids", [(4, 5), (4, 5, 6), (4, 5, 6, 7, 8)], ids=["shorter", "same size", "longer"])
def test_file_that_was_cut_and_grew_again_between_two_polls_is_noticed(site: Site, pids: tuple[int, ...]) -> None:
    output = site.output()
    output.read()
    site.overwrite(numbered(*pids))
    site.poll(0.2)
    assert output.read() == list(pids)
    assert len(site.said("truncated")) == 1


@pytest.mark.parametrize("pids", [(1, 5), (1, 5, 6), (1, 5, 6, 7, 8)], ids=["shorter", "same size", "longer"])
def test_file_that_grew_again_from_the_same_first_record_is_noticed(site: Site, pids: tuple[int, ...]) -> None:
    output = site.output()
    output.read()
    site.overwrite(numbered(*pids))
    site.poll(0.2)
    assert output.read() == list(pids)
    old, new = site.follower.entries()
    assert (new.id, new.key) == (old.id, f"{old.id}.1")
    (notice,) = site.said("truncated")
    assert notice.details["after"] == event_id(old.id, 2, 3)
    site.append(numbered(20))
    site.restart()
    assert output.read() == [20]
    assert len(site.said("truncated")) == 1


def test_reader_notices_before_the_next_poll(site: Site) -> None:
    output = site.output()
    output.read()
    site.overwrite(numbered(4, 5, 6, 7))
    assert output.read() == [4, 5, 6, 7]
    assert len(site.said("truncated")) == 1


@pytest.mark.parametrize("pids", [(4, 5), (1, 5, 6), (4, 5, 6, 7)], ids=["shorter", "same first record", "longer"])
def test_truncation_while_it_is_stopped_is_noticed_at_start(site: Site, pids: tuple[int, ...]) -> None:
    output = site.output()
    output.read()
    site.stop()
    site.overwrite(numbered(*pids))
    assert output.read() == list(pids)
    (notice,) = site.said("truncated")
    assert notice.details["begin"] == 3 * SIZE


def test_file_that_lost_its_end_in_a_power_loss_is_another_segment(site: Site) -> None:
    output = site.output()
    output.read()
    site.stop()
    site.known = []  # written before
    site.overwrite(numbered(1, 2))
    site.append(numbered(4, 5))
    assert output.read() == [1, 2, 4, 5]
    assert len(site.said("truncated")) == 1


def test_place_that_lies_behind_the_end_is_no_place_of_this_segment(site: Site) -> None:
    output = site.output()
    output.places[site.entry(0).key] = Place(50 * SIZE, 7)
    assert output.read() == [1, 2, 3]
    assert len(site.said("truncated")) == 1


def test_copytruncate_is_read_to_the_end_of_the_copy(site: Site) -> None:
    output = site.output()
    output.read()
    copy = site.beside(".1")
    site.append(numbered(4))
    copy.write_bytes(site.path.read_bytes())
    site.append(numbered(5))  # what copytruncate loses
    site.path.write_bytes(b"")
    site.append(numbered(6))
    site.poll()
    assert output.read() == [4, 6]
    old = site.entry(0)
    assert not site.follower.ended(old.key, old.size)
    site.poll(5)
    site.poll(5)
    assert site.entry(0).measured
    assert site.follower.ended(old.key, 4 * SIZE)


def test_copy_that_is_not_finished_yet_is_waited_for(site: Site) -> None:
    output = site.output()
    output.read()
    site.append(numbered(4, 5))
    whole = site.path.read_bytes()
    site.beside(".1").write_bytes(whole[: 2 * SIZE])
    site.path.write_bytes(b"")
    site.poll()
    assert output.read() == []
    site.beside(".1").write_bytes(whole[: 4 * SIZE])
    site.poll()
    assert output.read() == [4]
    site.beside(".1").write_bytes(whole[: 5 * SIZE - 10])
    site.poll()
    assert output.read() == []
    site.beside(".1").write_bytes(whole)
    site.poll()
    assert output.read() == [5]
    assert output.holes == []


@pytest.mark.parametrize("kind", ["gz", "xz", "bz2"])
def test_copy_that_is_compressed_at_once_is_read_to_its_end(site: Site, kind: str) -> None:
    output, other = site.output(), site.output()
    output.read()
    site.append(numbered(4))
    site.beside(".1").write_bytes(site.path.read_bytes())
    site.compress(site.beside(".1"), kind)
    site.path.write_bytes(numbered(5))
    site.poll()
    assert output.read() == [4, 5]
    assert other.read() == [1, 2, 3, 4, 5]
    old = site.entry(0)
    assert (old.measured, old.size) == (True, 4 * SIZE)
    assert site.follower.ended(old.key, 4 * SIZE)


def test_truncated_without_a_copy_is_lost_for_those_who_had_not_read_it(site: Site) -> None:
    output, late = site.output(), site.output()
    output.read()
    site.overwrite(numbered(7))
    site.poll()
    site.poll(11)
    assert late.read() == [7]
    assert site.follower.lost(output.places) == []
    ((entry, count),) = site.follower.lost(late.places)
    assert (entry.key, count) == (site.entry(0).key, 3 * SIZE)
    assert site.follower.ended(entry.key, 3 * SIZE)


def test_rotated_file_that_is_cut_afterwards_is_not_read_for_what_it_was(site: Site) -> None:
    output = site.output()
    output.read()
    site.stop()
    rotated = site.path.rename(site.beside(".1"))
    site.append(numbered(9))
    rotated.write_bytes(numbered(1, 2, 44, 50))
    site.poll()
    assert output.read() == [1, 2, 44, 50, 9]


def test_sibling_that_is_not_what_was_read_is_read_as_another_segment(site: Site) -> None:
    site.beside(".1").write_bytes(numbered(20, 21, 22))
    output = site.output()
    chunk = output.step()
    assert chunk is not None
    output.places[chunk.segment] = Place(2 * SIZE, chunk.place(2).check + 1)
    assert output.read() == [1, 2, 3, 20, 21, 22]
    assert site.follower.entries()[-1].key == f"{chunk.segment}.1"


def test_truncated_twice_is_told_twice(site: Site) -> None:
    output = site.output()
    output.read()
    for pid in (10, 20):
        site.overwrite(numbered(pid))
        site.poll()
        output.read()
    assert output.pids[-2:] == [10, 20]
    assert len(site.said("truncated")) == 2


def test_copy_that_lacks_what_was_known_is_told(site: Site) -> None:
    output, late = site.output(), site.output()
    site.beside(".1").write_bytes(site.path.read_bytes())
    site.append(numbered(4, 5))
    output.read()
    site.path.write_bytes(numbered(6))
    site.poll()
    assert output.read() == [6]
    site.restart()  # what is in memory is not lost yet
    assert late.read() == [1, 2, 3, 6]
    site.poll(11)
    (notice,) = site.said("resynchronised")
    old = site.entry(0)
    assert notice.details == {"segment": old.id, "begin": 3 * SIZE, "end": 5 * SIZE, "skipped": 2 * SIZE}
    for one in (output, late):
        assert site.follower.ended(old.key, one.places[old.key].offset)
        assert site.follower.unread(one.places) == 0


def test_copy_of_a_file_whose_successor_begins_alike_is_the_copy_of_the_first(site: Site) -> None:
    output = site.output()
    output.read()
    site.append(numbered(4))
    site.beside(".1").write_bytes(site.path.read_bytes())
    site.overwrite(numbered(1))
    site.poll()
    assert output.read() == [4, 1]
    site.append(numbered(5))
    site.poll()
    assert output.read() == [5]


def test_file_that_is_cut_while_its_first_record_is_looked_at_is_one_segment_not_two(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.follower.poll()
    output = site.output()
    assert output.read() == [1, 2, 3]

    def cut_and_examine(*arguments: Any) -> Any:
        monkeypatch.undo()
        site.path.write_bytes(numbered(20))  # behind the back of who has just asked for the size
        return examine_file(*arguments)

    monkeypatch.setattr("acctship.delivery.following.live.examine_file", cut_and_examine)
    site.path.write_bytes(numbered(*range(10, 20)))
    site.poll()
    site.append(numbered(21))
    site.poll()
    assert output.read() == [20, 21]
    assert [notice.details["after"] for notice in site.said("truncated")] == [output.ids[2]]
