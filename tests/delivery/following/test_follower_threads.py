"""A follower in use: polled by one thread, read by several, while files are rotated; in constant memory."""

from __future__ import annotations

import gzip
import os
import threading
import time
import tracemalloc
from pathlib import Path

import pytest

from acctship.delivery.following.follower import Follower
from acctship.delivery.notice import Notice
from acctship.delivery.place import Place
from acctship.events.names import Names, no_name
from acctship.events.source import Source
from tests.builders import SIZE
from tests.delivery.following.followed import PATIENCE, Site, numbered

ROTATIONS, RECORDS = 12, 300


class Threads:
    """Polls and reads at once, as fast as it can; what fails in a thread is kept."""

    def __init__(self, follower: Follower, readers: int) -> None:
        self.follower = follower
        self.read: list[list[int]] = [[] for _ in range(readers)]
        self.failures: list[BaseException] = []
        self.done = threading.Event()
        targets = [self.poll, *(lambda at=at: self.read_on(at) for at in range(readers))]
        self.threads = [threading.Thread(target=self.guard, args=(target,)) for target in targets]
        for thread in self.threads:
            thread.start()

    def guard(self, target: object) -> None:
        try:
            while not self.done.wait(0.001):
                target()  # type: ignore[operator]  # one of those above
        except BaseException as error:  # noqa: BLE001 - the test raises it
            self.failures.append(error)

    def poll(self) -> None:
        self.follower.poll()

    def read_on(self, at: int) -> None:
        places: dict[str, Place] = {}
        while not self.done.wait(0.001):
            while (chunk := self.follower.next(places)) is not None:
                pids = chunk.records.pids()
                assert pids is not None
                assert chunk.events(frozenset()).ids
                self.read[at] += pids.tolist()
                places[chunk.segment] = chunk.place(len(chunk.records))

    def finish(self, count: int) -> None:
        end = time.monotonic() + PATIENCE
        while min(map(len, self.read)) < count and time.monotonic() < end and not self.failures:
            time.sleep(0.01)
        self.done.set()
        for thread in self.threads:
            thread.join(PATIENCE)
        assert self.failures == []


def test_all_is_read_once_while_files_are_renamed_and_compressed(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(b"")
    notices: list[Notice] = []
    clock = iter(range(10**9))  # each poll looks at everything
    names = Names(no_name, no_name)
    follower = Follower(str(path), Source("a test"), names, [], notices.append, clock=lambda: next(clock) / 10)
    threads = Threads(follower, 3)
    pid = 0
    for rotation in range(ROTATIONS):
        for _ in range(RECORDS // 10):
            with path.open("ab") as file:
                file.write(numbered(*range(pid + 1, pid + 11)))
            pid += 10
        if rotation < ROTATIONS - 1:
            path.rename(tmp_path / f"pacct.{rotation}")
        if rotation > 1:
            plain = tmp_path / f"pacct.{rotation - 1}"
            (tmp_path / f"pacct.{rotation - 1}.gz").write_bytes(gzip.compress(plain.read_bytes()))
            plain.unlink()
    threads.finish(pid)
    for read in threads.read:
        assert sorted(read) == list(range(1, pid + 1))
    follower.close()
    assert follower.next({}) is None
    assert {notice.action for notice in notices} <= {"file-unreadable"}


@pytest.mark.parametrize("compressed", [False, True])
def test_memory_does_not_depend_on_the_size_of_files(tmp_path: Path, *, compressed: bool) -> None:
    site = Site(tmp_path)
    piece = numbered(*range(1, 20001))
    with site.beside(".1").open("wb") as file:
        for _ in range(20):
            file.write(piece)
    size = os.path.getsize(site.beside(".1"))  # noqa: PTH202 - short
    if compressed:
        site.compress(site.beside(".1"))
    site.append(numbered(1, 2))
    del piece
    places: dict[str, Place] = {}
    tracemalloc.start()
    try:
        count = 0
        while (chunk := site.follower.next(places)) is not None:
            places[chunk.segment] = chunk.place(len(chunk.records))
            count += len(chunk.records)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        site.stop()
    assert count == size // SIZE + 2
    assert peak < 5 << 20 < size
