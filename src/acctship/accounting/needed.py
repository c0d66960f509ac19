"""Which rotated files outputs still need, as the daemon has left it in its state folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from acctship.accounting.foreign import opened
from acctship.accounting.retain import FORMAT, RETAIN, Retain
from acctship.events.escape import escape_line, unescape

_MOST_BYTES = 16_000_000
"""Of a `retain.json` that is believed."""
_CLOCKS_DIFFER = 60.0
"""Seconds by which the clock of a file system may be behind, or its times be coarse."""


@dataclass(frozen=True)
class Needs:
    """Which files are needed.

    Attributes:
        unknown: why that is not known, so that every file counts as needed; None if it is known.
        paths: those that were needed at `since`, resolved.
        since: seconds since 1970. What a file got later may be needed, for the daemon may be dead; and one that was
            renamed, copied or compressed later is not the one that the daemon knew by that name.
    """

    unknown: str | None = None
    paths: frozenset[str] = frozenset()
    since: float = float("inf")

    def wants(self, path: Path, status: os.stat_result) -> bool:
        """Tell whether a file has to stay."""
        return bool(self.unknown) or str(path) in self.paths or touched(status) >= self.since - _CLOCKS_DIFFER


def touched(status: os.stat_result) -> float:
    """When a file was last written to, renamed, or given other permissions, seconds since 1970 (inode(7))."""
    return max(status.st_mtime, status.st_ctime)


def read_needs(state: Path, live: Path) -> Needs:
    """What a state folder says; if there is no such folder, nothing is shipped and nothing is needed.

    Args:
        state: the folder.
        live: the accounting file, which is listed always.
    """
    if not os.path.lexists(state):
        return Needs()
    path = state / RETAIN
    try:
        retain = msgspec.json.decode(_read(path), type=Retain)
    except FileNotFoundError:
        return Needs(f"{path}: is missing: has acctship run been started?")
    except OSError as error:
        return Needs(f"{path}: cannot be read: {error.strerror}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Needs(f"{path}: is damaged, or of another version: {escape_line(str(error))}")
    if retain.format != FORMAT:
        return Needs(f"{path}: was written by a newer acctship: upgrade")
    paths = frozenset(os.path.realpath(os.fsdecode(unescape(needed))) for needed in retain.needed)
    for needed in paths - {str(live)}:
        if not os.path.lexists(needed):
            return Needs(f"{needed}: is needed, and was renamed or removed: acctship run has to look anew")
    return Needs(None, paths, retain.time)


def _read(path: Path) -> bytes:
    with opened(path, os.O_RDONLY) as descriptor, open(descriptor, "rb", closefd=False) as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise OSError(0, "is too large")
    return data
