"""Names that come late, change, or never come: what the events of later records say."""

from __future__ import annotations

import json

import pytest

from acctship.events.names import Names, no_name
from acctship.events.normalize import NAMES_KEEP, NO_NAME_KEEP, Normalizer
from tests.builders import SIZE, batch, record
from tests.events.making import SOURCE


class Machine:
    """A normalizer, its clock, and its user database; asks for one event after the other."""

    def __init__(self) -> None:
        self.now = 0.0
        self.users: dict[int, str] = {}
        self.asked = 0
        self._offset = 0
        self._normalizer = Normalizer(SOURCE, Names(self._user, lambda _gid: "staff"), clock=lambda: self.now)

    def user(self, uid: int = 1000) -> str | None:
        (line,) = self._normalizer.events(batch([record(uid=uid)], offset=self._offset)).json()
        self._offset += SIZE
        event = json.loads(line)
        name: str | None = event["user"].get("name")
        assert event.get("related") == (None if name is None else {"user": [name]})
        return name

    def _user(self, uid: int) -> str | None:
        self.asked += 1
        return self.users.get(uid)


def test_a_late_name_is_there_as_soon_as_its_absence_has_grown_old() -> None:
    machine = Machine()
    assert machine.user() is None
    machine.users[1000] = "alice"
    machine.now = NO_NAME_KEEP / 2
    assert machine.user() is None
    machine.now = NO_NAME_KEEP
    assert machine.user() == "alice"


def test_a_changed_name_is_used_when_the_old_one_has_grown_old() -> None:
    machine = Machine()
    machine.users[1000] = "alice"
    assert machine.user() == "alice"
    machine.users[1000] = "bob"
    machine.now = NAMES_KEEP - 1
    assert machine.user() == "alice"
    machine.now = NAMES_KEEP
    assert machine.user() == "bob"


def test_many_records_ask_once() -> None:
    machine = Machine()
    machine.users[1000] = "alice"
    for _ in range(100):
        machine.user()
    assert machine.asked == 1


def test_one_missing_name_does_not_keep_another_from_growing_old_in_its_time() -> None:
    machine = Machine()
    machine.users[1000] = "alice"
    assert (machine.user(1000), machine.user(5)) == ("alice", None)
    machine.users[5] = "games"
    machine.now = NO_NAME_KEEP
    assert (machine.user(1000), machine.user(5)) == ("alice", "games")
    machine.now += NAMES_KEEP - 1
    asked = machine.asked
    assert (machine.user(1000), machine.user(5)) == ("alice", "games")
    assert machine.asked == asked


@pytest.mark.parametrize("missing", ["user", "group"])
def test_either_name_may_be_the_late_one(missing: str) -> None:
    now = [0.0]
    late: dict[int, str] = {}
    here = {1000: "here"}.get
    names = Names(late.get, here) if missing == "user" else Names(here, late.get)
    normalizer = Normalizer(SOURCE, names, clock=lambda: now[0])
    assert "name" not in json.loads(normalizer.events(batch([record()])).json()[0])[missing]
    late[1000] = "come"
    now[0] = NO_NAME_KEEP
    assert json.loads(normalizer.events(batch([record()])).json()[0])[missing]["name"] == "come"


def test_no_names_at_all() -> None:
    (line,) = Normalizer(SOURCE, Names(no_name, no_name)).events(batch([record(uid=0, gid=0)])).json()
    event = json.loads(line)
    assert (event["user"], event["group"]) == ({"id": "0"}, {"id": "0"})
