"""Equal keys get equal numbers, whatever their order, number and place in the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from acctship.reports import numbering
from acctship.reports.numbering import OTHER, Numbering

WORDS = st.sampled_from((0, 1, 2**63, 2**64 - 1)) | st.integers(0, 2**64 - 1)


def numbers(table: Numbering[Any], keys: Sequence[tuple[int, ...]]) -> list[int]:
    found: list[int] = table.numbers([np.array([key[at] for key in keys], np.uint64) for at in range(2)]).tolist()
    return found


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of 16 slots, in which keys meet all the time."""
    monkeypatch.setattr(numbering, "SLOT_BITS", 4)
    monkeypatch.setattr(numbering, "MOST_KEYS", 8)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.tuples(WORDS, WORDS | st.integers(0, 3)), max_size=30), max_size=4))
def test_a_number_leads_back_to_its_key(batches: list[list[tuple[int, ...]]]) -> None:
    table: Numbering[tuple[int, ...]] = Numbering(2, lambda key: key, (), most=1000)

    for keys in batches:
        assert [table.labels[number] for number in numbers(table, keys)] == keys
    assert len(table.labels) == 2 + len({key for keys in batches for key in keys})
    assert not table.overflowed


@pytest.mark.usefixtures("small")
def test_keys_that_meet_in_a_slot_find_themselves() -> None:
    for _ in range(50):  # the multipliers are drawn anew
        table: Numbering[tuple[int, ...]] = Numbering(2, lambda key: key, (), most=1000)
        keys = [(at, 0) for at in range(8)]
        for _ in range(2):
            assert [table.labels[number] for number in numbers(table, keys)] == keys
        assert not table.overflowed


@pytest.mark.usefixtures("small")
def test_keys_beyond_the_room_for_them_share_a_number() -> None:
    table: Numbering[tuple[int, ...]] = Numbering(2, lambda key: key, (), most=1000)
    first = numbers(table, [(at, 7) for at in range(8)])

    assert numbers(table, [(at, 7) for at in range(100)]) == first + [OTHER] * 92
    assert table.overflowed


def test_labels_beyond_the_room_for_them_share_a_number() -> None:
    table: Numbering[int] = Numbering(2, lambda key: key[0] // 2, -1, most=3)

    assert numbers(table, [(at, 0) for at in range(10)])[6:] == [OTHER] * 4
    assert table.overflowed
    assert [table.labels[at] for at in numbers(table, [(at, 0) for at in (5, 6, 0)])] == [2, -1, 0]


def test_keys_of_one_label_share_its_number() -> None:
    table: Numbering[str] = Numbering(2, lambda key: "even" if key[1] % 2 == 0 else "odd", "", most=2)

    assert len(set(numbers(table, [(at, 2 * at) for at in range(20)]))) == 1
    assert not table.overflowed


@pytest.mark.usefixtures("small")
def test_numbers_go_by_the_order_in_which_labels_come_up() -> None:
    keys = [(at, 0) for at in (3, 0, 6, 1, 3, 5, 7)]
    for _ in range(50):
        table: Numbering[tuple[int, ...]] = Numbering(2, lambda key: key, (), most=5)
        numbers(table, keys)
        assert table.labels[2:] == [(3, 0), (0, 0), (6, 0), (1, 0), (5, 0)]
