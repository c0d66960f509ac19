"""Addresses as a configuration names them, and one error for several receivers that fail."""

from __future__ import annotations

import pytest

from acctship import HaltError, RetryableError
from acctship.network.addresses import Address, combined, parse


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("siem.example.com:6514", Address("siem.example.com", 6514)),
        ("192.0.2.7:514", Address("192.0.2.7", 514)),
        ("[2001:db8::7]:6514", Address("2001:db8::7", 6514)),
    ],
)
def test_address_is_understood_and_written_back(text: str, address: Address) -> None:
    assert parse(text) == address
    assert str(address) == text


def test_only_if_all_are_matters_for_a_person_it_halts() -> None:
    both: list[Exception] = [HaltError("a: bad certificate"), RetryableError("b: refused")]
    assert (type(combined(both)), str(combined(both))) == (RetryableError, "a: bad certificate; b: refused")
    assert isinstance(combined([HaltError("a"), HaltError("b")]), HaltError)


def test_shortest_wait_that_one_asks_for_is_what_counts() -> None:
    problems: list[Exception] = [RetryableError("a", retry_after=9), RetryableError("b", retry_after=4), OSError("c")]
    for some, wait in ((problems, 4), (problems[:1], 9), (problems[2:] * 2, None), ([*problems, HaltError("d")], 4)):
        assert getattr(combined(some), "retry_after", None) == wait
