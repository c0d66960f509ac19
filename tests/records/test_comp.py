"""comp_t: all of its 65,536 values; comp2_t."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from acctship.records.comp import COMP_T, decode_comp2_t, decode_comp_t
from tests.builders import comp_t
from tests.layouts import comp2_t

LARGEST = 17_177_772_032


def test_the_table_says_what_the_function_says_for_every_value() -> None:
    assert COMP_T.tolist() == [decode_comp_t(value) for value in range(65536)]


def test_every_value_is_its_fraction_times_a_power_of_eight() -> None:
    for value in range(65536):
        exponent, fraction = divmod(value, 8192)
        assert decode_comp_t(value) == fraction * 8**exponent


def test_the_ends_of_the_range() -> None:
    assert decode_comp_t(0) == 0
    assert decode_comp_t(0xFFFF) == LARGEST == int(COMP_T.max())


def test_what_the_kernel_does_not_have_to_round_comes_back_exactly() -> None:
    for value in range(8192):
        assert comp_t(value) == value
        for exponent in range(8):
            assert decode_comp_t(comp_t(value * 8**exponent)) == value * 8**exponent


@given(st.integers(0, LARGEST))
def test_any_value_comes_back_within_the_precision_of_the_kernel(value: int) -> None:
    # The fraction keeps 13 bits and leads with one of its highest three, so half a unit is at most 1 in 2,048.
    assert abs(decode_comp_t(comp_t(value)) - value) <= value / 2048


@given(st.integers(LARGEST + 8**7, 2**64 - 1))
def test_what_is_too_large_for_the_kernel_saturates(value: int) -> None:
    assert decode_comp_t(comp_t(value)) == LARGEST


def test_comp2_t_against_its_definition_for_every_value_of_its_high_bits() -> None:
    high, low = np.meshgrid(np.arange(256), np.array([0, 1, 0x1234, 0x7FFF, 0x8000, 0xFFFF]))
    values = decode_comp2_t(high.ravel().astype(np.uint8), low.ravel().astype(np.uint16)).tolist()
    for top, bottom, value in zip(high.ravel().tolist(), low.ravel().tolist(), values, strict=True):
        exponent, fraction = divmod(top << 16 | bottom, 1 << 19)
        assert value == (fraction if exponent == 0 else (fraction + (1 << 19)) << (exponent - 1))


@given(st.integers(0, 2**40))
def test_comp2_t_comes_back_within_its_precision(value: int) -> None:
    high, low = divmod(comp2_t(value), 65536)
    (back,) = decode_comp2_t(np.array([high], np.uint8), np.array([low], np.uint16)).tolist()
    assert abs(back - value) <= value / 2**20
    assert value >= 2**20 or back == value
