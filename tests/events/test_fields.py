"""The fields by their dotted names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from acctship.errors import ConfigError
from acctship.events.fields import field, fields, leaves
from tests.builders import record
from tests.events.making import FOREIGN, SOURCE, make

FULL = record(status=9, tty=0x8801, flag=16, utime=1)
EXITED = record(status=1 << 8)


def names_in(value: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, part in value.items():
        yield prefix + key
        if isinstance(part, dict) and key != "labels":
            yield from names_in(part, f"{prefix}{key}.")


def test_fields_are_those_of_the_events_in_the_order_of_the_encoding() -> None:
    known = list(fields())
    seen: set[str] = set()
    for line in make([FULL, EXITED]).json():
        names = list(names_in(json.loads(line)))
        assert names == [name for name in known if name in names]
        seen |= set(names)
    of_health = {name for name in known if name == "message" or name.startswith("acct.health")}
    assert seen == set(known) - of_health


def test_every_field_has_a_meaning_and_is_under_its_name() -> None:
    for name, one in fields().items():
        assert one.name == name
        assert len(one.meaning) >= 8, name
        assert "\n" not in one.meaning, name


def test_leaves_are_the_fields_that_hold_values() -> None:
    names = [leaf.name for leaf in leaves()]
    assert names == [name for name in fields() if not any(other.startswith(f"{name}.") for other in fields())]
    assert "process.parent.pid" in names
    assert "process.parent" not in names


@pytest.mark.parametrize(
    ("name", "kind", "optional"),
    [
        ("@timestamp", "time", False),
        ("event.start", "time", True),
        ("event.id", "text", False),
        ("event.sequence", "number", True),
        ("event.category", "list", False),
        ("acct.flags", "list", True),
        ("labels", "map", True),
        ("process", "object", True),
        ("process.parent.pid", "number", False),
    ],
)
def test_what_a_field_is(name: str, kind: str, optional: bool) -> None:
    assert (field(name, "here").type, field(name, "here").optional) == (kind, optional)


def test_the_value_of_each_field_is_what_json_has() -> None:
    events = make([FULL, EXITED])
    for event, line in zip(events, events.json(), strict=True):
        for name in (leaf.name for leaf in leaves()):
            value: Any = json.loads(line)
            for key in name.split("."):
                value = value.get(key) if isinstance(value, dict) else None
            found = field(name, "here").of(event)
            assert (list(found) if isinstance(found, tuple) else found) == value, name


def test_a_field_below_what_is_absent_is_absent() -> None:
    (event,) = make([EXITED], source=FOREIGN)
    for name in ("host", "host.boot.id", "process.tty.char_device.major", "acct.signal.number", "log.file.path"):
        assert field(name, "here").of(event) is None


def test_labels_are_found_by_the_name_that_the_site_gave() -> None:
    (event,) = make([EXITED], source=SOURCE)
    assert field("labels.site", "here").of(event) == "lab"
    assert field("labels.none", "here").of(event) is None
    assert field("labels.site.of.us", "here").path[-1] == "site.of.us"
    (foreign,) = make([EXITED], source=FOREIGN)
    assert field("labels.site", "here").of(foreign) is None


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("process.nam", "did you mean process.name?"),
        ("timestamp", "did you mean @timestamp?"),
        ("user.names", "did you mean user.name?"),
        ("labels.", "did you mean labels?"),
        ("zzzzzzzz", "`acctship schema` lists them"),
        ("", "`acctship schema` lists them"),
    ],
)
def test_a_wrong_name_gets_advice(wrong: str, near: str) -> None:
    with pytest.raises(ConfigError) as caught:
        field(wrong, "--select")
    assert str(caught.value) == f"--select: no field {wrong!r}; {near}"
