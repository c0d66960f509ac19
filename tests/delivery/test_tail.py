"""Following for whoever reads standard output: what was printed is remembered, and what was not comes again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from acctship.delivery.following.chunk import Chunk
from acctship.delivery.keeping import documents
from acctship.delivery.tail import load, tail
from acctship.errors import StateError
from acctship.events.names import Names, no_name
from acctship.events.source import Source
from tests.delivery.following.followed import numbered

SOURCE = Source("a test")


def follow(folder: Path, wait: Callable[[float], bool] = lambda seconds: seconds == 0) -> Iterator[Chunk]:
    """What comes until there is nothing more, or until `wait` says that it is enough."""
    path = folder / "state.json"
    return tail(
        str(folder / "pacct"),
        SOURCE,
        Names(no_name, no_name),
        load(path, SOURCE),
        save=lambda state: documents.write(path, state),
        report=lambda _notice: None,
        layout=None,
        wait=wait,
    )


def pids(chunk: Chunk) -> list[int]:
    found = chunk.records.pids()
    return [] if found is None else found.tolist()


def append(folder: Path, *numbers: int) -> None:
    with (folder / "pacct").open("ab") as file:
        file.write(numbered(*numbers))


def test_first_time_begins_with_the_file_as_it_is_and_leaves_older_ones_out(tmp_path: Path) -> None:
    (tmp_path / "pacct.1").write_bytes(numbered(90, 91))
    append(tmp_path, 1, 2)
    assert [pids(chunk) for chunk in follow(tmp_path)] == [[1, 2]]


def test_next_time_goes_on_also_over_a_rotation(tmp_path: Path) -> None:
    append(tmp_path, 1, 2)
    assert [pids(chunk) for chunk in follow(tmp_path)] == [[1, 2]]
    append(tmp_path, 3)
    (tmp_path / "pacct").rename(tmp_path / "pacct.1")
    append(tmp_path, 4)
    assert [pids(chunk) for chunk in follow(tmp_path)] == [[3], [4]]


def test_chunk_that_was_not_printed_comes_again(tmp_path: Path) -> None:
    append(tmp_path, 1, 2)
    chunks = follow(tmp_path)
    assert pids(next(chunks)) == [1, 2]
    chunks.close()  # type: ignore[attr-defined]  # it is a generator: as if printing had failed
    assert [pids(chunk) for chunk in follow(tmp_path)] == [[1, 2]]


def test_end_that_is_asked_for_amid_chunks_counts_what_was_printed(tmp_path: Path) -> None:
    append(tmp_path, 1)
    list(follow(tmp_path))
    append(tmp_path, 2)
    (tmp_path / "pacct").rename(tmp_path / "pacct.1")
    append(tmp_path, 3)
    assert [pids(chunk) for chunk in follow(tmp_path, lambda _seconds: False)] == [[2]]
    assert [pids(chunk) for chunk in follow(tmp_path)] == [[3]]


def test_records_come_while_it_waits(tmp_path: Path) -> None:
    append(tmp_path, 1)
    rounds = iter([True, True, False])

    def wait(_seconds: float) -> bool:
        append(tmp_path, 2)
        return next(rounds)

    assert [pids(chunk) for chunk in follow(tmp_path, wait)] == [[1], [2], [2]]


def test_damaged_state_names_its_remedy(tmp_path: Path) -> None:
    append(tmp_path, 1)
    list(follow(tmp_path))
    path = tmp_path / "state.json"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(StateError, match=r"state\.json: is damaged .* or remove it, and what is there is printed"):
        load(path, SOURCE)
