"""Siblings that are compressed: at once, later, slowly, or badly."""

from __future__ import annotations

import gzip
import lzma

import pytest

from acctship.delivery.following.unpacking import Unpacked
from acctship.delivery.place import NOT_WANTED
from tests.builders import SIZE
from tests.delivery.following.followed import Reading, Site, numbered


def rotated(site: Site) -> Reading:
    """Three records in pacct.1, one in pacct; an output that has read the first two."""
    output = site.output()
    chunk = output.step()
    assert chunk is not None
    output.places[chunk.segment] = chunk.place(2)
    output.pids.clear()
    site.path.rename(site.beside(".1"))
    site.append(numbered(9))
    site.poll()
    return output


def test_savelog_renames_and_compresses_a_day_later(site: Site) -> None:
    output = rotated(site)
    site.poll()
    site.beside(".1").rename(site.beside(".0"))
    site.poll()
    site.compress(site.beside(".0").rename(site.beside(".1")))
    site.poll()
    assert output.read() == [3, 9]
    assert site.entry(0).paths == (str(site.beside(".1.gz")),)


@pytest.mark.parametrize("suffix", [".1.gz", "-20260101.xz", ".20260101.bz2", "-20260101T1200.gz"])
def test_dated_and_compressed_while_it_is_stopped(site: Site, suffix: str) -> None:
    output = site.output()
    output.read()
    site.append(numbered(4))
    site.stop()
    stem, _, kind = suffix.rpartition(".")
    site.compress(site.path.rename(site.beside(stem)), kind)
    site.append(numbered(5))
    assert output.read() == [4, 5]
    assert site.entry(0).measured


def test_measured_segment_is_not_decompressed_for_who_has_all_of_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = rotated(site)
    assert output.read() == [3, 9]
    site.compress(site.beside(".1"))
    site.poll()
    site.restart()

    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Unpacked, "__init__", fail)
    assert output.read() == []
    assert site.follower.ended(site.entry(0).key, 3 * SIZE)
    assert site.follower.unread(output.places) == 0


def test_compressed_file_that_is_still_written_is_waited_for(site: Site) -> None:
    output = site.output()
    output.read()
    site.append(numbered(*range(10, 3000)))
    site.stop()
    packed = gzip.compress(site.path.read_bytes())
    old = site.path.rename(site.path.with_name("elsewhere"))  # its inode would be the new file's, if it were removed
    site.append(numbered(9))
    old.unlink()
    site.beside(".1.gz").write_bytes(packed[: len(packed) // 2])
    output.read()
    got = [pid for pid in output.pids if pid >= 10]
    assert 0 < len(got) < 2990
    assert got == list(range(10, 10 + len(got)))
    assert not site.entry(0).measured
    site.append(packed[len(packed) // 2 :], site.beside(".1.gz"))
    site.poll()
    output.read()
    assert [pid for pid in output.pids if pid >= 10] == list(range(10, 3000))
    assert site.entry(0).measured
    assert site.notices == []


def test_compressed_file_that_ends_early_for_a_minute_is_damaged(site: Site) -> None:
    output = site.output()
    site.append(numbered(*range(10, 3000)))
    packed = gzip.compress(site.path.read_bytes())
    site.beside(".1.gz").write_bytes(packed[: len(packed) // 2])
    site.path.write_bytes(numbered(9))
    output.read()
    site.poll(30)
    output.read()
    assert site.notices == []
    site.poll(31)
    output.read()
    notices = site.said("resynchronised")
    assert any("the gzip stream ends early" in notice.message for notice in notices)
    old = site.entry(0)
    assert old.measured
    assert site.follower.ended(old.key, output.places[old.key].offset)
    count = len(site.notices)
    assert site.output().read() == [pid for pid in output.pids if pid != 9] + [9]
    assert len(site.notices) == count


def test_at_the_end_of_a_run_a_compressed_file_that_ends_early_has_ended(site: Site) -> None:
    site.append(numbered(*range(10, 3000)))
    packed = gzip.compress(site.path.read_bytes())
    site.beside(".1.gz").write_bytes(packed[:-8])
    site.path.write_bytes(numbered(9))
    output = site.output()
    until = site.follower.finish()
    assert sorted(until.values()) == [SIZE, NOT_WANTED]
    assert output.read(until)[-1] == 9
    (notice,) = site.said("resynchronised")
    assert "the gzip stream ends early" in notice.message
    assert not site.entry(0).measured  # the next run may find it finished


def test_plain_file_is_preferred(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    output = rotated(site)
    plain = site.beside(".1").read_bytes()
    site.compress(site.beside(".1"))
    site.beside(".1").write_bytes(plain)
    site.restart()
    monkeypatch.setattr(Unpacked, "__init__", None)
    assert output.read() == [3, 9]


def test_outputs_at_different_places_of_a_compressed_file(site: Site) -> None:
    site.append(numbered(*range(4, 5000)))
    site.compress(site.path.rename(site.beside(".1")), "xz")
    site.append(numbered(5000))
    outputs = [site.output() for _ in range(3)]
    for rounds, output in enumerate(outputs):
        for _ in range(rounds):
            output.step()
    for _ in range(10):
        for output in outputs:
            output.step()
    assert all(output.pids == list(range(1, 5001)) for output in outputs)


def test_reading_on_does_not_start_over(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.append(numbered(*range(4, 9000)))
    site.compress(site.path.rename(site.beside(".1")))
    site.path.write_bytes(numbered(9000))
    opened = []
    real = Unpacked.__init__

    def count(self: Unpacked, *arguments: object) -> None:
        opened.append(1)
        real(self, *arguments)  # type: ignore[arg-type]  # those that came

    monkeypatch.setattr(Unpacked, "__init__", count)
    assert site.output().read() == list(range(1, 9001))
    assert len(opened) == 1


def test_other_compressed_file_is_not_read_from_the_middle(site: Site) -> None:
    output = site.output()
    output.read()
    site.stop()
    site.path.unlink()
    site.beside(".1.xz").write_bytes(lzma.compress(numbered(1, 20, 30, 40)))
    site.append(numbered(9))
    output.read()
    assert sorted(output.pids[3:]) == [1, 9, 20, 30, 40]


def test_damaged_stream_does_not_stop_the_others(site: Site) -> None:
    packed = bytearray(gzip.compress(numbered(*range(100, 4000))))
    packed[len(packed) // 2] ^= 0xFF
    site.beside(".1.gz").write_bytes(packed)
    output = site.output()
    output.read()
    site.poll(61)
    output.read()
    assert set(output.pids) > {1, 2, 3}
    assert len(output.ids) == len(set(output.ids))
    assert any("damaged" in notice.message for notice in site.said("resynchronised"))


def test_compressed_files_that_begin_alike_are_segments_of_their_own(site: Site) -> None:
    site.beside(".1.gz").write_bytes(gzip.compress(numbered(1, 20, 21, 22)))
    site.beside(".2.gz").write_bytes(gzip.compress(numbered(1, 30, 31)))
    output = site.output()
    assert sorted(output.read()) == [1, 1, 1, 2, 3, 20, 21, 22, 30, 31]
    site.restart()
    assert output.read() == []
    assert len(site.follower.entries()) == 3


def test_old_copy_does_not_hide_a_compressed_one_that_goes_further(site: Site) -> None:
    output, late = site.output(), site.output()
    site.beside(".bak").write_bytes(site.path.read_bytes())
    site.append(numbered(4, 5))
    output.read()
    site.beside(".1").write_bytes(site.path.read_bytes())
    site.compress(site.beside(".1"))
    site.path.write_bytes(numbered(6))
    for _ in range(3):
        site.poll(11)
        output.read()
    assert output.pids == [1, 2, 3, 4, 5, 6]
    assert late.read() == output.pids
    assert site.entry(0).measured
    assert site.said("resynchronised") == []
