"""Files that `accounting rotate` had to remove although an output needed them: each becomes a health event."""

from __future__ import annotations

import fcntl
from pathlib import Path

import msgspec

from acctship.accounting.retain import FORCED, FORMAT, Forced
from acctship.delivery.keeping import documents
from acctship.delivery.notice import Notice
from acctship.delivery.reporting import Reporter
from acctship.events.escape import escape_line

EVERY = 60.0
"""Seconds between two looks."""


def tell_forced(directory: Path, report: Reporter) -> None:
    """Tell of each, and remove what tells of them. After a crash in between, they are told of again.

    Args:
        directory: the state folder.
        report: told; as long as its events wait for the disk, nothing is done.
    """
    path, taken = directory / FORCED, directory / f"{FORCED}.taken"
    try:
        if not report.durable or not _tell(taken, report):
            return
        path.rename(taken)
        documents.sync_folder(directory)
        _tell(taken, report)
    except FileNotFoundError:  # the rule
        pass
    except OSError as error:
        message = f"{path}: cannot be taken: {error.strerror}: it tells which files were removed by force"
        report(Notice("state-unwritable", message, "start", FORCED))
        return
    report(Notice("state-unwritable", f"{path}: can be taken again", "end", FORCED))


def _tell(taken: Path, report: Reporter) -> bool:
    """False if the events wait for the disk: they are to be told again.

    Raises:
        OSError: the file cannot be read or removed.
    """
    try:
        file = taken.open("rb")
    except FileNotFoundError:
        return True
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)  # whoever opened it before it was renamed may still write
        for line in file:
            report(_notice(line, taken))
    if report.durable:
        taken.unlink()
    return report.durable


def _notice(line: bytes, taken: Path) -> Notice:
    try:
        forced = msgspec.json.decode(line, type=Forced)
        if forced.format > FORMAT:
            raise msgspec.ValidationError(f"of format {forced.format}")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        what = f"{taken}: a line is damaged ({escape_line(str(error))}): an accounting file was removed by force"
        return Notice("retention-forced", what)
    about, reason = escape_line(forced.path), escape_line(forced.reason)
    return Notice(
        "retention-forced",
        f"{about}: {forced.size} bytes were removed although an output had not had all of them: {reason}",
        about=about,
        details={"about": about, "size": forced.size, "reason": reason},
    )
