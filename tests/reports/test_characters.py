"""Columns of characters: numbers of any width, texts that are made once, lines without what is no character."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from acctship.reports import characters as module
from acctship.reports.characters import Texts, characters, join, numbers


@given(st.lists(st.integers(0, 2**40), min_size=1), st.integers(1, 12))
def test_numbers_are_as_printf_prints_them(values: list[int], width: int) -> None:
    lines = join((numbers(np.array(values), width), b"\n"), len(values))

    assert lines.decode() == "".join(f"{value:{width}}\n" for value in values)


@pytest.mark.parametrize("kind", [np.uint16, np.uint32, np.int64])
def test_numbers_of_any_kind_keep_their_values(kind: type[np.integer]) -> None:
    largest = int(np.iinfo(kind).max)

    assert join((numbers(np.array([0, largest], kind), 1),), 2) == b"0%d" % largest


def test_no_records_are_no_lines() -> None:
    assert join((numbers(np.empty(0, np.int64), 6), b"x\n"), 0) == b""


def test_text_of_a_number_is_made_once() -> None:
    asked: list[int] = []

    def text(number: int) -> bytes:
        asked.append(number)
        return b"%d" % number

    texts = Texts(text, 3)

    assert texts(np.array([7, 0, 12345, 7])).tobytes() == b"7  0  1237  "
    assert texts(np.array([0, 2**32 - 1, 7], np.uint32)).tobytes() == b"0  4297  "
    assert sorted(asked) == [0, 7, 12345, 2**32 - 1]


@given(st.lists(st.lists(st.integers(0, 50), max_size=20), max_size=10))
def test_texts_stay_right_however_many_were_forgotten(columns: list[list[int]]) -> None:
    texts = Texts(lambda number: b"%d" % number, 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_TEXTS", 10)
        for column in columns:
            assert texts(np.array(column, np.int64)).tobytes().decode() == "".join(f"{value:<2}" for value in column)
            assert len(texts._numbers) < 10 + 20 + 1


def test_shorter_texts_end_earlier() -> None:
    assert join((b"<", characters([b"a", b"bcd"]), b">"), 2) == b"<a><bcd>"
