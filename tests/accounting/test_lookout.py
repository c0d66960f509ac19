"""A name is found in what comes after the aim, wherever the file has gone meanwhile, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from acctship.accounting import lookout
from acctship.accounting.lookout import Lookout
from tests.builders import record

NAME = b"canary234567abc"


class Kernel:
    """A file that is appended to under whatever name, as the kernel does, and a lookout."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "pacct"
        self.path.touch()
        self.file = self.path.open("ab", buffering=0)
        self.lookout = Lookout(str(self.path))

    def write(self, *names: bytes) -> None:
        self.file.write(b"".join(record(comm=name) for name in names))

    def switch(self) -> None:
        """Rename the file, and write to a new one at its path."""
        self.path.rename(self.path.with_name(f"pacct.{self.file.tell()}"))
        self.file.close()
        self.file = self.path.open("ab", buffering=0)


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    made = Kernel(tmp_path)
    yield made
    made.lookout.close()
    made.file.close()


def test_what_was_there_before_is_not_found(kernel: Kernel) -> None:
    kernel.write(NAME)
    kernel.lookout.aim()
    assert not kernel.lookout.find(NAME)
    kernel.write(b"other", NAME, b"another")
    assert kernel.lookout.find(NAME)


@pytest.mark.parametrize("piece", range(15, 90, 7))
def test_it_is_found_though_it_comes_in_pieces(kernel: Kernel, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookout, "_PIECE", piece)
    kernel.lookout.aim()
    data = record(comm=b"other") + record(comm=NAME)
    kernel.file.write(data[:120])
    assert not kernel.lookout.find(NAME)
    kernel.file.write(data[120:])
    assert kernel.lookout.find(NAME)


def test_it_is_found_in_a_file_that_is_renamed_removed_or_new(kernel: Kernel) -> None:
    kernel.write(b"other")
    kernel.lookout.aim()
    kernel.path.rename(kernel.path.with_name("pacct.1"))
    kernel.write(NAME)
    assert kernel.lookout.find(NAME)
    kernel.lookout.aim()
    kernel.path.with_name("pacct.1").unlink()
    kernel.write(NAME)
    assert kernel.lookout.find(NAME)
    kernel.lookout.aim()
    kernel.file.close()
    kernel.file = kernel.path.open("ab", buffering=0)
    kernel.write(NAME)
    assert kernel.lookout.find(NAME)


def test_it_is_found_before_or_behind_a_rotation(kernel: Kernel) -> None:
    for switched in (True, False):
        kernel.lookout.aim()
        if switched:
            kernel.switch()
        kernel.write(NAME, b"more")
        if not switched:
            kernel.switch()
        assert kernel.lookout.find(NAME)


def test_it_is_found_between_two_rotations_and_in_a_file_that_was_renamed_before(kernel: Kernel) -> None:
    kernel.lookout.aim()
    kernel.switch()
    kernel.write(NAME)
    kernel.switch()
    kernel.write(b"other")
    assert kernel.lookout.find(NAME)
    kernel.path.rename(kernel.path.with_name("pacct.renamed"))
    late = Lookout(str(kernel.path))
    late.aim()
    kernel.write(NAME[:-1] + b"d")
    assert late.find(NAME[:-1] + b"d")
    late.close()


def test_files_do_not_pile_up_while_nothing_is_found(kernel: Kernel) -> None:
    for number in range(50):
        kernel.lookout.aim()
        kernel.write(b"%d" % number)
        kernel.switch()
        assert not kernel.lookout.find(NAME)
    opened = [os.readlink(f"/proc/self/fd/{one}") for one in os.listdir("/proc/self/fd") if _is_open(int(one))]  # noqa: PTH115, PTH208
    assert sum(str(kernel.path) in name for name in opened) <= 5, "the writer's, and what may yet matter"


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_a_cut_file_is_searched_from_its_start(kernel: Kernel) -> None:
    kernel.write(b"one", b"two", b"three")
    kernel.lookout.aim()
    os.truncate(kernel.path, 0)
    kernel.write(NAME)
    assert kernel.lookout.find(NAME)
    assert kernel.lookout.cut
    kernel.lookout.aim()
    assert not kernel.lookout.cut


def test_no_file_is_no_error_and_one_that_cannot_be_read_is(tmp_path: Path) -> None:
    looking = Lookout(str(tmp_path / "missing"))
    looking.aim()
    assert not looking.find(NAME)
    assert looking.room() is not None
    looking = Lookout(str(tmp_path))
    looking.aim()
    with pytest.raises(IsADirectoryError):
        looking.find(NAME)
    looking.close()
