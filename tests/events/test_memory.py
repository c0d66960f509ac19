"""A dictionary that makes what it lacks and does not grow without bound."""

from __future__ import annotations

import pytest

from acctship.events.memory import Memory


def test_each_value_is_made_once() -> None:
    made: list[int] = []

    def double(number: int) -> int:
        made.append(number)
        return number * 2

    memory = Memory(double)
    assert [memory[number] for number in (3, 4, 3, 4)] == [6, 8, 6, 8]
    assert made == [3, 4]


@pytest.mark.parametrize("most", [1, 2, 10])
def test_there_are_never_more_than_the_most(most: int) -> None:
    memory = Memory(str, most=most)
    for number in [*range(50), *range(50)]:
        assert memory[number] == str(number)
        assert len(memory) <= most


def test_a_failure_is_not_remembered() -> None:
    answers = iter([ValueError("not yet"), None])

    def ask(_key: str) -> str:
        error = next(answers)
        if error:
            raise error
        return "now"

    memory = Memory(ask)
    with pytest.raises(ValueError, match="not yet"):
        memory["a"]
    assert memory["a"] == "now"
