"""A folder of rotated accounting files, and the state folder of whoever ships them."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import msgspec

from acctship.accounting.retain import FORMAT, RETAIN, Retain
from tests.builders import SIZE, record

DAY = 86_400.0


class Folder:
    """The accounting folder and the state folder of a site.

    Attributes:
        live: the live file, with one record.
        state: the state folder, not made yet.
        said: what was told.
    """

    def __init__(self, folder: Path, now: float) -> None:
        self.live, self.state, self._now = folder / "acct/pacct", folder / "state", now
        self.live.parent.mkdir()
        self.live.write_bytes(record())
        self.said: list[str] = []

    def add(self, rest: str, days: float, records: int = 10) -> Path:
        """A rotated file that was last written to some days ago."""
        path = Path(f"{self.live}{rest}")
        data = b"".join(record(pid=1 + number) for number in range(records))
        path.write_bytes(gzip.compress(data) if rest.endswith(".gz") else data)
        os.utime(path, (self._now - days * DAY,) * 2)
        return path

    def needs(self, *paths: Path, days: float = 0.0) -> None:
        """What the daemon has written, some days ago."""
        self.state.mkdir(exist_ok=True)
        retain = Retain(FORMAT, self._now - days * DAY, list(map(str, paths)))
        (self.state / RETAIN).write_bytes(msgspec.json.encode(retain))

    def rest(self) -> list[str]:
        """What is left of the rotated files, by the ends of their names."""
        names = {path.name.removeprefix("pacct") for path in self.live.parent.iterdir()}
        return sorted(name for name in names if name)


def size(records: int) -> int:
    """Bytes of a plain file."""
    return records * SIZE
