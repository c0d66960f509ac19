"""A canary's name is used once, fits into a record, and is known by whoever has the key, for a while."""

from __future__ import annotations

from hypothesis import given, strategies as st

from acctship.accounting.canary import NAME, NEWEST, OLDEST, canary_name, is_canary
from acctship.accounting.spawn import NAME_BYTES
from tests.builders import BTIME

KEY, OTHER = b"k" * 32, b"o" * 32


@given(st.integers(0, 2**32))
def test_a_name_fills_a_record_and_is_a_file_name(second: int) -> None:
    name = canary_name(KEY, second)
    assert len(name) == NAME_BYTES
    assert NAME.fullmatch(name.decode("ascii"))


def test_each_second_and_each_key_has_a_name_of_its_own() -> None:
    names = {canary_name(key, second) for key in (KEY, OTHER) for second in range(BTIME, BTIME + 3600)}
    assert len(names) == 7200


@given(st.integers(-20, 20))
def test_it_is_known_by_the_second_in_which_it_ended(later: int) -> None:
    name = canary_name(KEY, BTIME)
    assert is_canary(KEY, name, BTIME + later) == (-NEWEST <= later <= OLDEST)
    assert not is_canary(OTHER, name, BTIME + later)


@given(st.binary(max_size=15))
def test_no_other_name_is_a_canary(name: bytes) -> None:
    assert not is_canary(KEY, name, BTIME)
    assert not is_canary(KEY, b"canary" + name[:9], BTIME)
