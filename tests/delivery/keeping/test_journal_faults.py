"""The health journal on a disk that is full or fails: lines wait, none is torn, and those that go are counted."""

from __future__ import annotations

import errno
import os
from contextlib import closing
from pathlib import Path

import pytest

from acctship.delivery.keeping import documents, journal as module
from acctship.delivery.keeping.journal import MOST_WAITING, Journal
from tests.delivery.keeping.test_journal import line, numbers
from tests.outputs.test_jsonl_faults import run_apart, small_disk


class Disk:
    """Stands in for `os.pwrite` and `os.fsync`: while full, takes nothing, or `torn` bytes a time and syncs nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full, self.torn = True, 4
        pwrite, fsync = os.pwrite, os.fsync

        def write(descriptor: int, data: bytes, offset: int) -> int:
            if not self.full:
                return pwrite(descriptor, data, offset)
            if self.torn:
                return pwrite(descriptor, data[: self.torn], offset)
            raise OSError(errno.ENOSPC, "No space left on device")

        def sync(descriptor: int) -> None:
            if self.full:
                raise OSError(errno.EIO, "Input/output error")
            fsync(descriptor)

        monkeypatch.setattr(os, "pwrite", write)
        monkeypatch.setattr(os, "fsync", sync)


@pytest.mark.parametrize("torn", [0, 4, 999])
def test_lines_wait_while_the_disk_takes_none(
    torn: int, path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append(line(1))
    before = path.read_bytes()
    disk = Disk(monkeypatch)
    disk.torn = torn
    assert not journal.append(line(2))
    assert not journal.append(line(3))
    assert (journal.waiting, path.read_bytes(), numbers(journal)) == (2, before, [1])
    failures = [journal.failure]
    assert not journal.append(line(2))
    assert journal.waiting == 2
    disk.full = False
    assert journal.append(line(4))
    assert (journal.waiting, numbers(journal)) == (0, [1, 2, 3, 4])
    failures.append(journal.failure)
    assert [failure and failure.errno for failure in failures] == [errno.EIO if torn else errno.ENOSPC, None]
    assert journal.retry()


def test_what_could_not_be_taken_back_is_cut_off_before_the_next_line(
    path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append(line(1))
    whole, end = path.read_bytes(), journal.end
    disk = Disk(monkeypatch)
    disk.torn = 999
    with monkeypatch.context() as patch:
        patch.setattr(os, "ftruncate", lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, "Input/output error")))
        assert not journal.append(line(1_000_000))
        assert path.read_bytes() == whole + b'{"n":1000000}\n'
        assert (numbers(journal), journal.end) == ([1], end)
    journal._waiting.clear()
    disk.full = False
    assert journal.append(line(2))
    assert path.read_bytes() == whole + b'{"n":2}\n'


def test_oldest_lines_go_when_too_many_wait(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    disk.torn = 0
    for number in range(MOST_WAITING + 5):
        journal.append(line(number))
    assert (journal.waiting, journal.dropped) == (MOST_WAITING, 5)
    disk.full = False
    assert journal.retry()
    assert numbers(journal) == list(range(5, MOST_WAITING + 5))


@pytest.mark.parametrize("step", ["replace", "sync_folder"])
def test_disk_that_fails_while_the_older_half_goes_loses_nothing(
    step: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    with closing(Journal(path)) as journal:
        number = 10
        while journal.end + 22 + 9 <= 100:
            journal.append(line(number))
            number += 1
        before = numbers(journal)

        def fail(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(documents, step, fail)
            assert not journal.append(line(number))
        assert numbers(journal) == before
        assert journal.append(b"{}")
        newest = [one for one, _ in journal.read(journal.start, 1000)][-2:]
        assert newest == [line(number), b"{}"]
    with closing(Journal(path)) as journal:
        assert [one for one, _ in journal.read(journal.start, 1000)][-2:] == newest


FILL = """
from pathlib import Path
from acctship.delivery.keeping.journal import Journal

path, filler = Path({folder!r}, "health.jsonl"), Path({folder!r}, "filler")
Journal.create(path)
journal = Journal(path)
lines = [b'{{"n":%d,"x":"%s"}}' % (number, b"x" * 1000) for number in range(60)]
filler.write_bytes(bytes(40_000))
taken = [journal.append(line) for line in lines]
assert 0 < sum(taken) < 30, taken
assert [line for line, _ in journal.read(0, 100_000)] == lines[:sum(taken)]
print(journal.failure.strerror, journal.waiting + sum(taken))
again = Journal(path)
assert again.end == journal.end
filler.unlink()
lines = lines[:40]
while journal.waiting > 40 - sum(taken):
    journal._waiting.pop()
assert journal.retry()
assert [line for line, _ in journal.read(0, 100_000)] == lines
"""


def test_nothing_goes_to_a_file_that_has_lost_its_name(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Journal(path)) as journal:
        for number in range(4):
            journal.append(line(number))

        def fail(_folder: Path) -> None:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(documents, "sync_folder", fail)
        with pytest.raises(OSError, match="Input/output"):
            journal._drop_older_half()
        assert journal.append(line(9))
        kept, start = numbers(journal, journal.start), journal.start
    with closing(Journal(path)) as journal:
        assert (numbers(journal, journal.start), journal.start) == (kept, start)
        assert kept == [3, 9]


def test_full_disk_keeps_lines_waiting_and_tears_none(tmp_path: Path) -> None:
    folder = small_disk(tmp_path)
    assert run_apart(FILL.format(folder=str(folder)), mounted=folder) == "No space left on device 60\n"
