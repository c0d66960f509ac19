"""Who rotates the accounting file: exactly one shall."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from pathlib import Path

ETC = Path("/etc")
UNIT_FOLDERS = (Path("/etc/systemd/system"), Path("/run/systemd/system"), Path("/usr/lib/systemd/system"))
TIMER = "acctship-rotate.timer"
"""Ours; part of the examples for systemd."""


def rotators(live: Path) -> list[str]:
    """What on this machine rotates an accounting file, as far as it can be seen: one is right.

    Looked for: our timer, where it is enabled; logrotate's files that name the file; the daily job with which Debian's
    package `acct` has savelog(8) do it (until 6.6.4-8).
    """
    found = [TIMER] if any(os.path.lexists(folder / "timers.target.wants" / TIMER) for folder in UNIT_FOLDERS) else []
    found += [f"logrotate, by {path}" for path in _logrotate_files() if _names(path, live)]
    job = ETC / "cron.daily/acct"
    if os.access(job, os.X_OK) and "savelog" in _text(job):
        found.append(f"savelog, by {job}")
    return found


def _logrotate_files() -> list[Path]:
    folder = ETC / "logrotate.d"
    return [ETC / "logrotate.conf", *(sorted(folder.iterdir()) if os.access(folder, os.R_OK | os.X_OK) else ())]


def _names(path: Path, live: Path) -> bool:
    """Whether one of the patterns before a `{` of logrotate's configuration is the file's."""
    words = [word.strip("\"'{") for line in _text(path).splitlines() for word in line.split("#")[0].split()]
    return any(word.startswith("/") and fnmatchcase(str(live), word) for word in words)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
