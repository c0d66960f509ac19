"""The accounting files of a folder: the live one, and those beside it that were live once."""

from __future__ import annotations

import os
import re
import stat
from contextlib import closing, suppress
from pathlib import Path

from acctship.errors import InputError
from acctship.records import Reader

_REST = re.compile(r"[-.\w]+", re.ASCII)
"""What rotators put behind the name: `.0`, `.1.gz`, `-20261124`, `-20261124-130000`."""


def beside(live: Path) -> dict[str, os.stat_result]:
    """All regular files beside the live one whose name goes on where its own ends: what may have been it, and is read.

    There are none if there is no such folder. No link is followed. A follower asks once a second: paths are plain text.

    Raises:
        OSError: the folder cannot be read.
    """
    found, own = {}, live.name
    with suppress(FileNotFoundError), os.scandir(live.parent) as entries:
        for entry in entries:
            if entry.name.startswith(own) and entry.name != own:
                with suppress(FileNotFoundError):  # it is being rotated
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode):
                        found[entry.path] = status
    return found


def family(live: Path) -> dict[Path, os.stat_result]:
    """The live file, and those beside it that bear a rotator's name: what may be counted, and removed.

    Raises:
        OSError: the folder cannot be read.
    """
    others = {Path(path): status for path, status in beside(live).items()}
    found = {path: status for path, status in others.items() if _REST.fullmatch(path.name, len(live.name))}
    with suppress(FileNotFoundError):
        status = live.stat()
        if stat.S_ISREG(status.st_mode):
            found[live] = status
    return found


def why_no_records(path: Path) -> str | None:
    """Why a file, compressed or not, is no accounting file; None if it is one."""
    try:
        with closing(Reader(path)):
            return None
    except InputError as error:
        return str(error).removeprefix(f"{path}: ")
