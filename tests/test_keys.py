"""Keys of a table as people read them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from acctship import Delivery, Secret
from acctship.keys import Key, keys
from acctship.output import RESERVED_KEYS
from acctship.plugins import find_all


class Table(msgspec.Struct, kw_only=True):
    url: Annotated[str, Meta(description="Where to")]
    token: Secret
    size: Annotated[int, Meta(description="How many")] = 3
    ratio: float = 0.5
    on: bool = True
    kind: Literal["a", "b"] = "a"
    words: list[str] = []
    names: tuple[str, ...] = ("x",)
    more: dict[str, int] = {}
    path: Annotated[str | None, Meta(description="Optional")] = None
    either: int | str = 1
    renamed: int = msgspec.field(default=1, name="other-name")


EXPECTED = [
    Key("url", "text", "required", "Where to"),
    Key("token", "secret", "required", ""),
    Key("size", "whole number", "3", "How many"),
    Key("ratio", "number", "0.5", ""),
    Key("on", "true or false", "true", ""),
    Key("kind", '"a" or "b"', '"a"', ""),
    Key("words", "list", "[]", ""),
    Key("names", "list", '["x"]', ""),
    Key("more", "table", "{}", ""),
    Key("path", "text", "none", "Optional"),
    Key("either", "whole number or text", "1", ""),
    Key("other-name", "whole number", "1", ""),
]


@pytest.mark.parametrize(("key", "expected"), list(zip(keys(Table), EXPECTED, strict=True)))
def test_key(key: Key, expected: Key) -> None:
    assert key == expected


def test_every_key_of_our_own_is_explained() -> None:
    found, broken = find_all()
    assert not broken
    tables: list[type[msgspec.Struct]] = [Delivery]
    tables += [one.spec.config for one in found if one.plugin.distribution == "acctship"]
    for table in tables:
        for key in keys(table):
            assert key.meaning, f"{table.__name__}.{key.name}"
            assert key.name not in RESERVED_KEYS
