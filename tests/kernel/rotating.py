"""What rotates accounting files in the field, while the kernel writes to them.

Each leaves the live file under its path, fresh, and all older ones beside it: nothing is deleted.
"""

from __future__ import annotations

import gzip
import lzma
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.kernel.nested import Ground, until

Rotation = Callable[[Ground], None]


def rename(ground: Ground) -> None:
    """Move the file to a number of its own and switch to a new one."""
    ground.live.rename(_unused(ground.live))
    _switch(ground)


def savelog(ground: Ground) -> None:
    """As savelog(8), and logrotate with `delaycompress`: `.0` is the newest, older ones are compressed and move up."""
    live = ground.live
    for number in range(_count(live), 0, -1):
        if (older := Path(f"{live}.{number}.gz")).exists():
            older.rename(f"{live}.{number + 1}.gz")
    newest = Path(f"{live}.0")
    if newest.exists():
        newest = newest.rename(f"{live}.1")
        _compress(newest, ".gz", gzip.GzipFile)
    live.rename(f"{live}.0")
    _switch(ground)


def dated(ground: Ground) -> None:
    """As logrotate with `dateext` and `compress`: a dated name, packed with xz at once."""
    moved = ground.live.rename(_unused(ground.live.with_name("pacct-20231114")))
    _switch(ground)
    _compress(moved, ".xz", lzma.LZMAFile)


def copytruncate(ground: Ground) -> None:
    """As logrotate with `copytruncate`: what the kernel writes between copy and cut is lost, here one record or more.

    There has to be a storm.
    """
    copy = Path(shutil.copy2(ground.live, _unused(ground.live)))
    until(lambda: ground.live.stat().st_size > copy.stat().st_size, f"a record in {ground.live} behind its copy")
    truncate(ground)


def truncate(ground: Ground) -> None:
    """Cut the live file in place: what was in it is lost to whoever has not read it."""
    os.truncate(ground.live, 0)


def _switch(ground: Ground) -> None:
    ground.live.touch(0o640)
    ground.account(ground.live)


def _compress(path: Path, ending: str, packer: type[gzip.GzipFile] | type[lzma.LZMAFile]) -> None:
    packed = Path(f"{path}{ending}")
    with path.open("rb") as source, packer(packed, "wb") as target:
        shutil.copyfileobj(source, target)
    shutil.copystat(path, packed)
    path.unlink()


def _count(live: Path) -> int:
    return sum(1 for _ in live.parent.iterdir())


def _unused(path: Path) -> Path:
    """The path with the next number, counted by the files that are there: a compressed one keeps its number."""
    return Path(f"{path}.{_count(path)}")
