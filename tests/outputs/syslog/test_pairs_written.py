"""What `text` and structured data make of one value: each character with a meaning, alone and last."""

from __future__ import annotations

import pytest

from acctship.outputs.syslog.structured import structured
from acctship.outputs.syslog.text import text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("größe🐧", "größe🐧"),
        ("", '""'),
        (" ", '" "'),
        ("a b", '"a b"'),
        ("a\u00a0b", '"a\u00a0b"'),
        ("a=b", r"a\x3db"),
        ('a"b', r"a\x22b"),
        ("a\nb", r"a\x0ab"),
        ("\u202eb", r"\xe2\x80\xaeb"),
        (r"a\\x", r"a\\x"),
    ],
)
def test_text(value: str, expected: str) -> None:
    assert text([("k", value)]) == f"k={expected}"
    assert text([("k", value), ("l", "1")]) == f"k={expected} l=1"


@pytest.mark.parametrize(
    ("key", "expected"), [("a b", r"a\x20b"), ("a=b", r"a\x3db"), ('a"', r"a\x22"), ("a\n", r"a\x0a"), ("ö", "ö")]
)
def test_key_of_text(key: str, expected: str) -> None:
    assert text([(key, "1")]) == f"{expected}=1"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("größe = 🐧", "größe = 🐧"),
        ("", ""),
        ('a"', r"a\""),
        ("a]", r"a\]"),
        (r"a\x0a", r"a\\x0a"),
        ("a\nb", r"a\\x0ab"),
    ],
)
def test_structured_data(value: str, expected: str) -> None:
    assert structured("x@1", [("k", value), ("l", "1")]) == f'[x@1 k="{expected}" l="1"]'
