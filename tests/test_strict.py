"""Tables read strictly: each problem is named with its place, in words of TOML, not of Python."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given, strategies as st
from msgspec import Meta

from acctship import ConfigError, Secret
from acctship.strict import byte_count, convert, seconds, unknown_key


class Inner(msgspec.Struct):
    depth: int = 0


class Table(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: str
    size: Annotated[int, Meta(ge=1, le=9)] = 1
    ratio: float = 0.5
    on: bool = False
    kind: Literal["red", "green"] = "red"
    words: list[str] = []
    numbers: dict[str, int] = {}
    inner: Inner | None = None
    inners: tuple[Inner, ...] = ()
    by_name: dict[str, Inner] = {}
    token: Secret | None = None
    path: Annotated[str | None, Meta(description="optional")] = None


def problem(**table: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        convert(table, Table, "outputs.x")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_right_table_is_read() -> None:
    table = convert({"name": "n", "size": 9, "ratio": 1, "inner": {"depth": 3}, "words": ["a"]}, Table, "outputs.x")
    assert (table.name, table.size, table.ratio, table.inner, table.words) == ("n", 9, 1.0, Inner(3), ["a"])


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ({"nmae": 1}, "outputs.x.nmae: unknown key; did you mean name?"),
        ({"qqq": 1}, "outputs.x.qqq: unknown key; known are name, size"),
        ({"inner": {"dept": 1}}, "outputs.x.inner.dept: unknown key; did you mean depth?"),
        ({"inners": [{}, {"dept": 1}]}, "outputs.x.inners[1].dept: unknown key; did you mean depth?"),
        ({"by_name": {"a": {"dept": 1}}}, "outputs.x.by_name.a.dept: unknown key; did you mean depth?"),
    ],
)
def test_unknown_key_is_found_at_every_depth(table: dict[str, Any], place: str) -> None:
    assert problem(name="n", **table).startswith(place)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({}, "outputs.x.name: missing; it must be set"),
        ({"name": 7}, "outputs.x.name: expected text, got a whole number"),
        ({"name": "n", "size": "7"}, "outputs.x.size: expected a whole number, got text"),
        ({"name": "n", "size": 1.5}, "outputs.x.size: expected a whole number, got a number"),
        ({"name": "n", "size": True}, "outputs.x.size: expected a whole number, got true or false"),
        ({"name": "n", "size": 0}, "outputs.x.size: expected a whole number >= 1"),
        ({"name": "n", "size": 10}, "outputs.x.size: expected a whole number <= 9"),
        ({"name": "n", "ratio": "much"}, "outputs.x.ratio: expected a number, got text"),
        ({"name": "n", "on": "yes"}, "outputs.x.on: expected true or false, got text"),
        ({"name": "n", "kind": "blue"}, "outputs.x.kind: invalid enum value 'blue'"),
        ({"name": "n", "words": "one"}, "outputs.x.words: expected a list, got text"),
        ({"name": "n", "words": ["one", 2]}, "outputs.x.words[1]: expected text, got a whole number"),
        ({"name": "n", "numbers": {"a": "b"}}, "outputs.x.numbers"),
        ({"name": "n", "inner": 7}, "outputs.x.inner: expected a table, got a whole number"),
        ({"name": "n", "inners": [{"depth": "x"}]}, "outputs.x.inners[0].depth: expected a whole number, got text"),
        ({"name": "n", "path": 7}, "outputs.x.path: expected text, got a whole number"),
        ({"name": "n", "token": "hunter2"}, "outputs.x.token: a secret is never written here"),
    ],
)
def test_wrong_value_is_named_in_plain_words(table: dict[str, Any], said: str) -> None:
    message = problem(**table)
    assert message.startswith(said)
    assert "`" not in message
    assert "hunter2" not in message


def test_table_that_is_none() -> None:
    with pytest.raises(ConfigError, match="source: expected a table, got a list"):
        convert([], Inner, "source")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("500ms", 0.5), ("2s", 2.0), ("5min", 300.0), ("1h", 3600.0), ("1.5 h", 5400.0), (" 1d ", 86400.0), ("0s", 0.0)],
)
def test_durations(text: str, expected: float) -> None:
    assert seconds(text, "x") == expected


@pytest.mark.parametrize("text", ["", "5", "s", "-1s", "1 fortnight", "1e3s", "1s 2s", "1S", "\u0661s", "inf s"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ConfigError, match=r"outputs\.x\.linger: .* is no duration"):
        seconds(text, "outputs.x.linger")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0B", 0),
        ("500MB", 500_000_000),
        ("1.5 GB", 1_500_000_000),
        (" 1GiB ", 2**30),
        ("2kB", 2000),
        ("1KiB", 1024),
        ("1TB", 10**12),
    ],
)
def test_sizes(text: str, expected: int) -> None:
    assert byte_count(text, "x") == expected


@pytest.mark.parametrize("text", ["", "5", "GB", "-1GB", "1 G", "1e3MB", "1mb", "1KB", "\u0661MB"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ConfigError, match=r"accounting\.max_size: .* is no size: write "):
        byte_count(text, "accounting.max_size")


@pytest.mark.parametrize("value", [5, 0.5, True, None, []])
def test_what_is_no_text_is_left_to_the_type(value: object) -> None:
    assert seconds(value, "x") is value
    assert byte_count(value, "x") is value


def test_unknown_key_at_the_top_has_no_dot() -> None:
    assert unknown_key("sorce", ["source", "outputs"], "") == "sorce: unknown key; did you mean source?"


VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=10)


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=8))
def test_any_wrong_table_is_refused_with_its_place(table: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"^outputs\.x"):  # at least the name is missing
        convert({key: value for key, value in table.items() if key != "name"}, Table, "outputs.x")
