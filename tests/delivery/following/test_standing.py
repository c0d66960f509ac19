"""What an output has not had: how much of it, since when, and in which files as they are named now."""

from __future__ import annotations

from pathlib import Path

import pytest

from acctship.delivery.following.standing import Lag, Standing
from acctship.delivery.place import Place
from tests.builders import BTIME, SIZE
from tests.delivery.following.followed import Reading, Site, numbered


def lag(site: Site, places: dict[str, Place] | None = None) -> Lag:
    return site.follower.standing.lags({"one": places or {}})["one"]


def needed(site: Site, *outputs: Reading) -> list[str]:
    found = site.follower.standing.needed([one.places for one in outputs])
    return [Path(path).name for path in found]


def test_lag_is_what_comes_next_and_how_long_it_has_waited(site: Site) -> None:
    output = site.output()
    begin, end = BTIME + 1, BTIME + 3
    first = lag(site)
    assert (first.bytes, first.records) == (3 * SIZE, 3)
    assert first.oldest is not None
    assert begin <= first.oldest <= end
    output.read()
    assert lag(site, output.places) == Lag(0, 0, None)
    site.append(numbered(500))
    site.poll()
    after = lag(site, output.places)
    assert (after.bytes, after.records) == (SIZE, 1)
    assert after.oldest == first.oldest + 499


def test_part_of_a_record_is_no_record_behind(site: Site) -> None:
    output = site.output()
    output.read()
    site.append(numbered(4)[:20])
    site.poll()
    assert lag(site, output.places) == Lag(20, 0, None)


def test_time_of_a_place_is_read_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.output()
    before = lag(site)

    def fail(*_: object) -> float:
        raise AssertionError

    monkeypatch.setattr(Standing, "_ended", fail)
    assert lag(site) == before


def test_time_is_that_of_the_next_record_behind_damage(site: Site) -> None:
    output = site.output()
    output.read()
    before = lag(site).oldest
    site.append(b"\xff" * 30 + numbered(501, 502, 503))
    site.poll()
    found = lag(site, output.places).oldest
    assert before is not None
    assert found == before + 500


def test_unread_compressed_file_is_as_old_as_its_first_record(site: Site) -> None:
    site.follower.poll()
    first = lag(site).oldest
    site.path.rename(site.beside(".1"))
    site.compress(site.beside(".1"))
    site.append(numbered(700, 701))
    site.poll()
    site.poll(20)
    found = lag(site)
    assert found.oldest == first
    assert found.records >= 3


def test_held_tells_known_segments_from_those_in_files(site: Site) -> None:
    site.follower.poll()
    site.beside(".1").write_bytes(numbered(90, 91))
    site.poll()
    assert site.follower.standing.held() == (2, 2, 5 * SIZE)
    site.beside(".1").unlink()
    site.poll(20)
    assert site.follower.standing.held() == (2, 1, 3 * SIZE)


def test_live_file_is_always_needed_and_an_old_one_until_every_output_has_it(site: Site) -> None:
    one, two = site.output(), site.output()
    site.beside(".1").write_bytes(numbered(90, 91))
    site.poll()
    assert needed(site, one, two) == ["pacct", "pacct.1"]
    one.read()
    assert needed(site, one, two) == ["pacct", "pacct.1"]
    two.read()
    assert needed(site, one, two) == ["pacct"]


def test_every_copy_of_a_needed_segment_is_needed_under_its_present_name(site: Site) -> None:
    one = site.output()
    site.path.rename(site.beside(".1"))
    site.append(numbered(700))
    site.poll()
    site.beside(".1").rename(site.beside(".2"))
    site.beside("-copy").write_bytes(site.beside(".2").read_bytes())
    site.poll()
    assert needed(site, one) == ["pacct", "pacct-copy", "pacct.2"]


def test_live_file_that_was_renamed_is_needed_under_both_names_until_the_kernel_turns(site: Site) -> None:
    one = site.output()
    one.read()
    site.path.rename(site.beside(".1"))
    site.path.touch()
    site.poll()
    assert needed(site, one) == ["pacct", "pacct.1"]
    site.append(numbered(700))
    site.poll()
    one.read()
    assert needed(site, one) == ["pacct"]


def test_compressed_file_is_needed_until_its_end_was_read(site: Site) -> None:
    one = site.output()
    site.follower.poll()
    site.beside(".1").write_bytes(numbered(90, 91))
    site.compress(site.beside(".1"))
    site.poll()
    assert needed(site, one) == ["pacct", "pacct.1.gz"]
    one.read()
    site.poll(70)
    one.read()
    assert needed(site, one) == ["pacct"]


def test_file_that_cannot_be_read_is_needed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    one = site.output()
    one.read()
    # Stands in for a file of mode 0600, which root, who runs some tests, reads all the same.
    monkeypatch.setattr("acctship.delivery.following.siblings.open_file", refuse)
    site.beside(".1").write_bytes(numbered(90, 91))
    site.poll()
    assert needed(site, one) == ["pacct", "pacct.1"]


def refuse(path: str) -> int:
    raise PermissionError(13, "Permission denied", path)


def test_strange_names_are_escaped(site: Site) -> None:
    one = site.output()
    site.follower.poll()
    site.beside(".\n\udcff").write_bytes(numbered(90, 91))
    site.poll()
    assert needed(site, one) == ["pacct", "pacct.\\x0a\\xff"]
