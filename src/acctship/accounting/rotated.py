"""The accounting files of a folder: the live one, and those beside it that were live once."""

from __future__ import annotations

import os
import re
import stat
from contextlib import closing
from pathlib import Path

from acctship.errors import InputError
from acctship.records import Reader

_REST = re.compile(r"[-.\w]+", re.ASCII)
"""What rotators put behind the name: `.0`, `.1.gz`, `-20261124`, `-20261124-130000`."""


def family(live: Path) -> dict[Path, os.stat_result]:
    """The live file and all regular files beside it whose name begins with its own; none if there is no such folder.

    Raises:
        OSError: the folder cannot be read.
    """
    found = {}
    try:
        with os.scandir(live.parent) as entries:
            for entry in entries:
                if entry.name == live.name or _is_rotated_name(entry.name, live.name):
                    try:
                        status = entry.stat(follow_symlinks=entry.name == live.name)
                    except FileNotFoundError:
                        continue
                    if stat.S_ISREG(status.st_mode):
                        found[live.parent / entry.name] = status
    except FileNotFoundError:
        return {}
    return found


def why_no_records(path: Path) -> str | None:
    """Why a file, compressed or not, is no accounting file; None if it is one."""
    try:
        with closing(Reader(path)):
            return None
    except InputError as error:
        return str(error).removeprefix(f"{path}: ")


def _is_rotated_name(name: str, live: str) -> bool:
    return name.startswith(live) and _REST.fullmatch(name, len(live)) is not None
