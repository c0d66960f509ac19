"""Escaping: reversible for any bytes, and harmless."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, strategies as st

from acctship.events.escape import escape, escape_line, unescape

UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def harmless(text: str) -> bool:
    return not {unicodedata.category(char) for char in text} & UNSAFE


@given(st.binary() | st.text().map(str.encode))
@example(rb"\x0a")
@example(rb"\\x0a")
@example(b"\\")
@example(b"\\\\\n")
@example("\u202e\u2028\ufeff\u00ad\x7f\x85".encode())
@example(b"\xed\xa0\x80")
def test_any_bytes_come_back_and_are_harmless_in_between(raw: bytes) -> None:
    text = escape(raw)
    assert unescape(text) == raw
    assert harmless(text)
    text.encode()


@given(st.binary(), st.binary())
def test_different_bytes_are_never_written_alike(one: bytes, other: bytes) -> None:
    assert (escape(one) == escape(other)) == (one == other)


def test_every_character_is_escaped_or_stays() -> None:
    for code in range(0x110000):
        char = chr(code)
        if 0xD800 <= code < 0xE000:
            continue
        text = escape(char.encode())
        if unicodedata.category(char) in UNSAFE:
            assert text == "".join(f"\\x{byte:02x}" for byte in char.encode())
        else:
            assert text == ("\\\\" if char == "\\" else char)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        (b"plain", "plain"),
        (b"a b", "a b"),
        (b"a\\b", r"a\\b"),
        (b"\x00\x1f\x7f", r"\x00\x1f\x7f"),
        (b"\xff", r"\xff"),
        (b"cut\xe2\x82", r"cut\xe2\x82"),
        ("grün🐧".encode(), "grün🐧"),
        ("\u202e".encode(), r"\xe2\x80\xae"),
    ],
)
def test_how_it_looks(raw: bytes, text: str) -> None:
    assert escape(raw) == text


@pytest.mark.parametrize("text", [r"\q", r"\x", r"\xZZ", r"\x4", "tail\\"])
def test_what_escape_never_wrote_stays_as_it_is(text: str) -> None:
    assert unescape(text) == text.encode()


@given(st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
@example("\ud800")
def test_a_message_is_one_harmless_line(text: str) -> None:
    line = escape_line(text)
    assert harmless(line)
    line.encode()


def test_a_message_keeps_its_backslashes() -> None:
    assert escape_line("C:\\x41\n\x1b[0m é") == "C:\\x41\\x0a\\x1b[0m é"
