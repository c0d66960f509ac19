"""What rows are called."""

from __future__ import annotations

import numpy as np
import pytest

from acctship.events.names import Names, no_name
from acctship.reports.keys import By, key
from tests import builders

NAMES = Names({0: "root", 5: "\\xff"}.get, {0: "wheel"}.get)


def called(by: By, *, names: Names = NAMES, **fields: int) -> str:
    columns = key(by, names).words(builders.batch([builders.record(**fields)]), "web1")  # type: ignore[arg-type]  # any field
    return key_label(by, names, tuple(int(column[0]) for column in columns))


def key_label(by: By, names: Names, words: tuple[int, ...]) -> str:
    return key(by, names).label(words).name.decode()


@pytest.mark.parametrize(
    ("tty", "name"), [(0, "none"), (0x8801, "pts/1"), (0x0440, "ttyS0"), (0x0501, "console"), (0xFE07, "254,7")]
)
def test_terminals_have_their_names_or_their_numbers(tty: int, name: str) -> None:
    assert called("tty", tty=tty) == name


def test_users_and_groups_have_their_names_or_their_numbers() -> None:
    assert [called("user", uid=uid) for uid in (0, 5, 4_000_000_000)] == ["root", "\\xff", "4000000000"]
    assert [called("group", gid=gid) for gid in (0, 7)] == ["wheel", "7"]
    assert called("user", uid=0, names=Names(no_name, no_name)) == "0"


def test_hours_that_no_calendar_has_are_unknown() -> None:
    assert key_label("hour", NAMES, (2**63,)) == "unknown"
    assert key_label("hour", NAMES, (2**64 - 1,)) == "unknown"


def test_hosts_are_called_as_they_are_given() -> None:
    hosts = key("host", NAMES)
    one = builders.batch([builders.record()])
    words = [hosts.words(one, name) for name in ("web1", "db", "web1")]

    assert [hosts.label((int(columns[0][0]),)).name for columns in words] == [b"web1", b"db", b"web1"]
    assert np.concatenate([columns[0] for columns in words]).tolist() == [0, 1, 0]
