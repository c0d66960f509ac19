"""Callers of acct(2) among the records as they come: told once, when what followed is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from acctship.delivery.following import segments
from acctship.delivery.place import Place
from acctship.delivery.switches import Switches, behind
from acctship.events.names import Names, no_name
from tests.builders import SIZE, record
from tests.delivery.following.followed import Site, numbered

NAMES = Names(no_name, no_name)
CALLER = record(pid=66, uid=0, comm=b"accton")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.append(numbered(1, 2))
    yield made
    made.stop()


def switches(site: Site, reached: dict[str, Place] | None = None) -> Switches:
    return Switches(site.follower, NAMES, site.notices.append, reached or {})


def read(switches: Switches) -> bool:
    return switches.read(lambda: False)


def test_off_and_on_again_is_told_when_a_record_follows(site: Site) -> None:
    one = switches(site)
    assert not read(one)
    site.append(numbered(3) + CALLER)
    site.poll()
    assert read(one)
    assert site.said("switched") == []
    site.append(numbered(4))
    site.poll()
    assert not read(one)
    (notice,) = site.said("switched")
    assert "accton (process 66), user 0, terminal __" in notice.message
    output = site.output()
    output.read()
    assert (notice.details["after"], notice.details["before"]) == (output.ids[3], output.ids[4])
    assert notice.event_id == f"health-{output.ids[3]}"
    assert (one.first, one.last) == (output.ids[2], output.ids[4])


def test_two_in_a_row_and_one_in_the_middle(site: Site) -> None:
    one = switches(site)
    site.append(CALLER + CALLER + numbered(3) + CALLER)
    site.poll()
    assert read(one)
    output = site.output()
    output.read()
    assert [notice.details["after"] for notice in site.said("switched")] == output.ids[2:4]


def test_a_rotation_is_told_by_the_follower_alone(site: Site) -> None:
    one = switches(site)
    site.append(CALLER)
    site.poll()
    assert read(one)
    site.path.rename(site.beside(".1"))
    site.append(numbered(5))
    site.poll()
    read(one)
    (notice,) = site.said("switched")
    assert "to another file" in notice.message
    assert notice.details["by"] == one.recent


def test_who_was_told_as_the_cause_of_an_outage_is_not_told_again(site: Site) -> None:
    one = switches(site)
    site.append(CALLER)
    site.poll()
    read(one)
    caller = one.at_end(str(site.path))
    assert caller is not None
    assert caller == one.recent
    one.told(caller)
    site.append(numbered(3))
    site.poll()
    read(one)
    assert site.said("switched") == []
    assert one.at_end(str(site.path)) is None
    assert one.at_end(str(site.path) + ".gone") is None


def test_what_outputs_have_passed_is_not_told_and_what_came_behind_is(site: Site) -> None:
    site.append(CALLER + numbered(3))
    output = site.output()
    output.read()
    site.append(CALLER + numbered(4))
    site.restart()
    read(switches(site, output.places))
    assert [notice.details["before"][:22] for notice in site.said("switched")] == [
        f"{site.entry(0).id}-{5 * SIZE:x}"[:22]
    ]
    read(switches(site))
    assert len(site.said("switched")) == 1, "at the first start, nothing before it is looked at"


def test_reading_goes_on_behind_a_record(site: Site) -> None:
    output = site.output()
    output.read()
    key = site.entry(0).key
    assert behind(output.ids[0], site.follower) == {key: output.chunks[0].place(1)}
    assert behind("another-0-00000000", site.follower) == {key: Place()}


def test_places_do_not_pile_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "MOST_WITHOUT_FILES", 0)
    one = switches(site)
    for number in range(5):
        site.path.rename(site.beside(f".{number}"))
        site.append(numbered(10 + number))
        site.poll()
        read(one)
    for path in site.path.parent.glob("pacct.*"):
        path.unlink()
    site.poll()
    assert len(one._places) == 6
    one.forget()
    assert set(one._places) == {entry.key for entry in site.follower.entries()}
    assert len(one._places) < 6
