"""Whose the accounting file and its folder are: root writes, one group reads, nobody else swaps files."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from contextlib import suppress
from pathlib import Path

from acctship.errors import AccountingError

FOLDER_MODE, FILE_MODE = 0o750, 0o640


def group_id(name: str) -> int:
    """The number of a group.

    Raises:
        AccountingError: there is none of that name.
    """
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise AccountingError(
            f"group {name}: does not exist: make it (systemd-sysusers, or groupadd --system {name}), or name another "
            "by --group or [accounting] group"
        ) from None


def owner(status: os.stat_result) -> str:
    """User and group as `root:adm`; numbers where they have no names."""
    user = str(status.st_uid)
    with suppress(KeyError):
        user = pwd.getpwuid(status.st_uid).pw_name
    return f"{user}:{group_name(status.st_gid)}"


def group_name(gid: int) -> str:
    """A group's name; its number, if it has none."""
    with suppress(KeyError):
        return grp.getgrgid(gid).gr_name
    return str(gid)


def mode(status: os.stat_result) -> str:
    """Permissions as `0640`."""
    return f"{stat.S_IMODE(status.st_mode):04o}"


def is_mended(status: os.stat_result, gid: int) -> bool:
    """Tell whether user, group and mode of an accounting file are those that it shall have."""
    return (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (0, gid, FILE_MODE)


def may_look_in(status: os.stat_result, gid: int) -> bool:
    """Tell whether a group may list a folder and enter it, as a follower of the file has to."""
    needed = 0o050 if status.st_gid == gid else 0o005
    return status.st_mode & needed == needed


def refuse_shared(folder: Path) -> None:
    """Refuse a folder in which somebody other than root could put another file in the place of ours.

    Raises:
        AccountingError: it is one.
        OSError: it cannot be looked at.
    """
    status = folder.stat()
    others = 0o022 if status.st_gid else 0o002  # root's own group is root
    if status.st_mode & others or status.st_uid not in (0, os.geteuid()):
        raise AccountingError(
            f"{folder}: is {owner(status)} {mode(status)}: others than root could swap files in it: "
            f"chown root {folder}; chmod go-w {folder}"
        )
