"""A folder with an accounting file, somebody who rotates it, and a follower with outputs that read."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from acctship.delivery.following.chunk import Chunk
from acctship.delivery.following.follower import Follower
from acctship.delivery.following.segments import SegmentEntry
from acctship.delivery.notice import Notice
from acctship.delivery.place import Place
from acctship.events.names import Names, no_name
from acctship.events.source import Source
from tests.builders import BTIME, record

SOURCE = "a test"
COMPRESS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "xz": lzma.compress, "bz2": bz2.compress}
PATIENCE = 10.0


def numbered(*numbers: int) -> bytes:
    """Records that can be told apart by their process ids."""
    return b"".join(record(pid=number, btime=BTIME + number, mem=7) for number in numbers)


class Reading:
    """One output: where it has read to, and what it has read."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.places: dict[str, Place] = {}
        self.chunks: list[Chunk] = []
        self.pids: list[int] = []
        self.ids: list[str] = []

    def step(self, until: dict[str, int] | None = None) -> Chunk | None:
        chunk = self._site.follower.next(self.places, until)
        if chunk is not None:
            assert self.places.get(chunk.segment, Place()).offset == chunk.start
            assert chunk.end > chunk.start
            self.places[chunk.segment] = chunk.place(len(chunk.records))
            self.chunks.append(chunk)
            pids = chunk.records.pids()
            self.pids += [] if pids is None else pids.tolist()
            self.ids += chunk.events(frozenset()).ids
        return chunk

    def read(self, until: dict[str, int] | None = None) -> list[int]:
        """Read all there is; gives what came."""
        before = len(self.pids)
        while self.step(until) is not None:
            pass
        return self.pids[before:]

    @property
    def holes(self) -> list[tuple[int, int, str]]:
        return [(chunk.start, chunk.skipped, chunk.reason) for chunk in self.chunks if chunk.skipped]


class Site:
    """The folder, and a follower whose clock stands still unless it is told to go on."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.path = folder / "pacct"
        self.now = 1000.0
        self.notices: list[Notice] = []
        self.options = options
        self.known: list[SegmentEntry] = []
        self.running: Follower | None = None
        self.outputs: list[Reading] = []

    @property
    def follower(self) -> Follower:
        if self.running is None:
            self.running = Follower(
                str(self.path),
                Source(SOURCE),
                Names(no_name, no_name),
                self.known,
                self.notices.append,
                clock=lambda: self.now,
                **self.options,
            )
        return self.running

    def stop(self) -> None:
        if self.running is not None:
            self.running.close()
            self.known, self.running = self.running.entries(), None

    def restart(self) -> None:
        self.stop()
        self.follower.poll()

    def output(self) -> Reading:
        self.outputs.append(Reading(self))
        return self.outputs[-1]

    def poll(self, seconds: float = 1.0) -> bool:
        self.now += seconds
        return self.follower.poll()

    def append(self, data: bytes, path: Path | None = None) -> None:
        with (path or self.path).open("ab") as file:
            file.write(data)

    def beside(self, suffix: str) -> Path:
        return self.path.with_name(f"pacct{suffix}")

    def compress(self, plain: Path, kind: str = "gz") -> Path:
        made = plain.with_name(f"{plain.name}.{kind}")
        made.write_bytes(COMPRESS[kind](plain.read_bytes()))
        plain.unlink()
        return made

    def overwrite(self, data: bytes) -> None:
        """Put other bytes into the live file, and see that its time tells."""
        before, end = self.path.stat().st_mtime_ns, time.monotonic() + PATIENCE
        while self.path.stat().st_mtime_ns == before:
            assert time.monotonic() < end
            with self.path.open("r+b") as file:
                file.truncate()
                file.write(data)

    def said(self, action: str) -> list[Notice]:
        return [notice for notice in self.notices if notice.action == action]

    def entry(self, at: int) -> SegmentEntry:
        return self.follower.entries()[at]


def inode(path: Path) -> int:
    return os.stat(path).st_ino  # noqa: PTH116 - as the follower does
