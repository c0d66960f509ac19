"""The live file and its renamed siblings: every record is read once by every output, in order."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from acctship.delivery.place import NOT_WANTED, Place
from acctship.events.identity import segment_id
from acctship.records import LAYOUTS, Reader
from tests.builders import SIZE, record
from tests.delivery.following.followed import SOURCE, Site, numbered
from tests.layouts import NAMES, ordinary


def test_records_come_as_they_are_appended(site: Site) -> None:
    output = site.output()
    assert output.read() == [1, 2, 3]
    assert output.read() == []
    site.append(numbered(4, 5))
    assert site.poll(0.2)
    assert output.read() == [4, 5]
    assert not site.poll(0.2)


def test_at_rest_nothing_is_opened_or_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    output = site.output()
    site.path.with_name("pacct.1").write_bytes(numbered(9))
    site.poll(20)
    site.poll(1)
    output.read()

    def fail(*_: object) -> None:
        raise AssertionError

    for name in ("open", "pread", "read", "readv"):
        monkeypatch.setattr(os, name, fail)
    for _ in range(10):
        assert not site.poll(0.2)
        assert output.read() == []


def test_segment_is_the_id_of_the_events(site: Site) -> None:
    output = site.output()
    output.read()
    assert site.entry(0).id == site.entry(0).key == segment_id(SOURCE, numbered(1))
    (chunk,) = output.chunks
    events = [json.loads(line) for line in chunk.events(frozenset()).json()]
    assert [event["acct"]["segment"] for event in events] == [site.entry(0).id] * 3
    assert events[0]["log"]["file"]["path"] == str(site.path)


def test_reading_in_the_middle_gives_the_same_ids(site: Site) -> None:
    whole, part = site.output(), site.output()
    whole.read()
    (chunk,) = whole.chunks
    part.places[chunk.segment] = chunk.place(2)
    site.append(numbered(4))
    site.poll()
    assert part.read() == [3, 4]
    whole.read()
    assert part.ids == whole.ids[2:]


def test_outputs_in_step_share_their_chunks_and_others_do_not(site: Site) -> None:
    site.append(numbered(*range(4, 3000)))
    first, second, third = site.output(), site.output(), site.output()
    assert first.step() is second.step()
    first.read()
    third.places[first.chunks[0].segment] = first.chunks[0].place(500)
    assert second.read() == first.pids[1024:]
    assert third.read() == first.pids[500:]
    assert max(len(chunk.records) for chunk in first.chunks) == 1024


def test_renamed_file_is_read_on_until_the_new_one_has_a_record(site: Site) -> None:
    output = site.output()
    output.read()
    rotated = site.path.rename(site.beside(".0"))
    site.append(numbered(4), rotated)
    site.poll()
    assert output.read() == [4]
    site.path.touch()
    site.poll()
    site.append(numbered(5), rotated)
    site.poll(0.2)
    assert output.read() == [5]
    site.append(numbered(6), rotated)
    site.append(numbered(7))
    site.poll()
    assert output.read() == [6, 7]
    old, new = site.follower.entries()
    assert (old.size, old.measured, new.size, new.measured) == (6 * SIZE, True, SIZE, False)
    assert site.follower.ended(old.key, 6 * SIZE)
    assert not site.follower.ended(old.key, 5 * SIZE)
    assert not site.follower.ended(new.key, SIZE)
    assert site.notices == []


def test_record_that_comes_late_to_the_old_file_is_read(site: Site) -> None:
    output = site.output()
    rotated = site.path.rename(site.beside(".0"))
    site.append(numbered(4))
    site.poll()
    site.poll()
    assert output.read() == [1, 2, 3, 4]
    site.append(numbered(5), rotated)
    site.poll()
    assert output.read() == [5]
    assert site.follower.unread(output.places) == 0


def test_removed_file_is_read_to_its_end(site: Site) -> None:
    output = site.output()
    assert site.follower.poll() is False
    site.path.unlink()
    site.append(numbered(4))
    site.poll()
    assert output.read() == [1, 2, 3, 4]


def test_what_comes_while_it_is_stopped_is_read_later(site: Site) -> None:
    output = site.output()
    output.read()
    site.stop()
    site.append(numbered(4))
    site.path.rename(site.beside(".2"))
    site.append(numbered(5))
    site.path.rename(site.beside(".1"))
    site.append(numbered(6))
    assert output.read() == [4, 5, 6]
    assert [Path(*entry.paths).name for entry in site.follower.entries()] == ["pacct.2", "pacct.1", "pacct"]


def test_segments_are_in_the_order_of_their_records_at_first_sight(site: Site) -> None:
    site.beside("-20260102").write_bytes(numbered(500))
    site.beside(".1").write_bytes(numbered(100, 101))
    site.beside(".old.1").write_bytes(numbered(900))  # after the live one, by its records
    assert site.output().read() == [100, 101, 500, 900, 1, 2, 3]
    assert [entry.ordinal for entry in site.follower.entries()] == [0, 1, 2, 3]


def test_present_is_the_end_of_the_live_file_and_nothing_of_the_others(site: Site) -> None:
    site.beside(".1").write_bytes(numbered(9))
    output = site.output()
    output.places.update(site.follower.present())
    assert output.read() == []
    assert sorted(place.offset for place in output.places.values()) == [3 * SIZE, NOT_WANTED]
    assert site.follower.unread(output.places) == 0
    site.append(numbered(4))
    site.append(numbered(10), site.beside(".1"))
    site.poll()
    assert output.read() == [4]
    assert all(site.follower.ended(entry.key, NOT_WANTED) for entry in site.follower.entries()[:1])


def test_present_of_an_empty_file_is_its_start(site: Site) -> None:
    site.path.write_bytes(b"")
    output = site.output()
    output.places.update(site.follower.present())
    site.append(numbered(1))
    site.poll()
    assert output.read() == [1]


def test_files_that_hold_no_records_are_no_siblings(site: Site) -> None:
    site.beside(".txt").write_text("no accounting file\n" * 100)
    site.beside(".empty").touch()
    site.beside(".folder").mkdir()
    site.beside(".link").symlink_to(site.path)
    os.mkfifo(site.beside(".fifo"))
    site.path.with_name("other.1").write_bytes(numbered(9))
    assert site.output().read() == [1, 2, 3]
    assert len(site.follower.entries()) == 1


def test_copy_of_the_live_file_is_the_same_segment(site: Site) -> None:
    site.beside(".copy").write_bytes(site.path.read_bytes())
    assert site.output().read() == [1, 2, 3]
    assert len(site.follower.entries()) == 1


def test_file_that_only_begins_alike_is_another_segment(site: Site) -> None:
    site.beside(".1").write_bytes(numbered(1, 20, 30, 40))
    output = site.output()
    assert sorted(output.read()) == [1, 1, 2, 3, 20, 30, 40]
    assert {entry.key.partition(".")[2] for entry in site.follower.entries()} == {"", "1"}
    assert len({entry.id for entry in site.follower.entries()}) == 1


@pytest.mark.parametrize("name", NAMES)
def test_every_layout_is_followed(tmp_path: Path, name: str) -> None:
    site = Site(tmp_path, layout=LAYOUTS[name] if "v0" in name else None)
    records = ordinary(name, 40)
    site.append(b"".join(records[:20]))
    output = site.output()
    output.read()
    site.append(b"".join(records[20:30]))
    site.poll()
    output.read()
    site.restart()
    site.path.rename(site.beside(".1"))
    site.append(b"".join(records[30:]))
    site.poll()
    output.read()
    read = [chunk.records.record(at) for chunk in output.chunks for at in range(len(chunk.records))]
    assert read == records
    assert {chunk.records.layout.name for chunk in output.chunks} == {name}
    site.stop()


def test_ids_are_those_that_decoding_the_file_gives(site: Site) -> None:
    output = site.output()
    output.read()
    with Reader(site.path) as reader:
        (batch,) = list(reader)
    crcs = batch.crc32()
    assert output.ids == [f"{site.entry(0).id}-{64 * at:x}-{crcs[at]:08x}" for at in range(3)]


def test_lost_is_what_no_file_holds_for_ten_seconds(site: Site) -> None:
    site.beside(".1").write_bytes(numbered(8, 9))
    output = site.output()
    output.step()
    site.stop()
    site.beside(".1").unlink()
    output.places.clear()
    assert output.read() == [1, 2, 3]
    site.poll(9)
    assert site.follower.lost(output.places) == []
    assert site.follower.unread(output.places) == 2 * SIZE
    site.poll(2)
    ((entry, count),) = site.follower.lost(output.places)
    assert (entry.id, count) == (segment_id(SOURCE, numbered(8)), 2 * SIZE)
    assert site.follower.unread(output.places) == 0


def test_finish_reads_to_the_present_end_and_no_further(site: Site) -> None:
    site.beside(".1.gz").write_bytes(b"")
    site.beside(".1").write_bytes(numbered(8, 9))
    site.compress(site.beside(".1"))
    site.append(numbered(4)[:40])
    output = site.output()
    until = site.follower.finish()
    assert sorted(until.values()) == [3 * SIZE + 40, NOT_WANTED]
    site.append(numbered(4)[40:] + numbered(5))
    site.poll()
    assert output.read(until) == [8, 9, 1, 2, 3]
    assert output.holes == [(3 * SIZE, 40, "the last record is cut short")]
    assert output.read(until) == []


def test_who_switched_accounting_is_told(site: Site) -> None:
    site.append(record(pid=77, uid=1001, tty=0x8802, comm=b"evil\x1b[m"))
    output = site.output()
    output.read()
    site.path.rename(site.beside(".1"))
    site.append(numbered(4))
    site.poll()
    (notice,) = site.said("switched")
    assert "evil\\x1b[m (process 77), user 1001, terminal pts/2" in notice.message
    old, new = site.follower.entries()
    assert notice.details["segment"] == new.id
    assert notice.details["previous"] == old.id
    by = notice.details["by"]
    assert (by.name, by.pid, by.user.id, by.tty) == ("evil\\x1b[m", 77, "1001", "pts/2")
    assert by.event == old.last_event
    assert notice.event_id == f"health-{by.event}"


def test_place_of_a_chunk_covers_the_record_before(site: Site) -> None:
    output = site.output()
    chunk = output.step()
    assert chunk is not None
    assert chunk.place(0) == Place(0, 0)
    assert chunk.place(3) == site.follower.present()[chunk.segment]
