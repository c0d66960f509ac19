"""What somebody else may do with a file: mode, owner, groups and ACL, as the kernel would decide.

Root may do everything, so trying it out tells root nothing: acl(5), path_resolution(7).
"""

from __future__ import annotations

import os
import pwd
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from acctship.accounting.ownership import group_name
from acctship.errors import InputError

READ, WRITE, SEARCH = 4, 2, 1
"""Bits of a mode; `SEARCH` is a folder's."""

_MEANING = {READ: "read", WRITE: "write to", SEARCH: "enter"}
_ACL = "system.posix_acl_access"
_USER, _GROUP_OWNER, _GROUP, _MASK = 0x02, 0x04, 0x08, 0x10  # linux/posix_acl.h; other entries are in the mode, too


@dataclass(frozen=True)
class Person:
    """Somebody who runs programs.

    Attributes:
        name: of the user, or the number of one without a name.
        uid: user id.
        gid: id of the primary group.
        gids: ids of all groups, the primary one among them.
    """

    name: str
    uid: int
    gid: int
    gids: frozenset[int]


def person(user: str | int) -> Person:
    """A user by name or number, with the groups that the system's database gives.

    Raises:
        InputError: nobody has this name.
    """
    try:
        entry = pwd.getpwnam(user) if isinstance(user, str) else pwd.getpwuid(user)
    except KeyError:
        if isinstance(user, str):
            raise InputError(f"no user {user}: name the one that the daemon runs as") from None
        return Person(str(user), user, user, frozenset([user]))
    groups = frozenset(os.getgrouplist(entry.pw_name, entry.pw_gid))
    return Person(entry.pw_name, entry.pw_uid, entry.pw_gid, groups)


def obstacle(path: Path, who: Person, wanted: int) -> str | None:
    """What keeps somebody from a file: a folder on the way, or the file itself; None if nothing does.

    Args:
        path: of the file.
        who: may want to use it.
        wanted: any of `READ`, `WRITE` and `SEARCH`, added up.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - links on the way are to be seen, not followed
    ways = dict.fromkeys([*_folders(path), *_folders(path.resolve())])
    for place, bits in [*((folder, SEARCH) for folder in ways), (path, wanted)]:
        try:
            status = place.stat()
        except OSError as error:
            return f"{place}: {error.strerror}"
        if not allows(status.st_mode, status.st_uid, status.st_gid, who, bits, acl=_acl(place)):
            verbs = " and ".join(verb for bit, verb in _MEANING.items() if bits & bit)
            owner, group = person(status.st_uid).name, group_name(status.st_gid)
            mode = stat.S_IMODE(status.st_mode)
            return f"user {who.name} may not {verbs} {place}, which is {owner}:{group} {mode:04o}"
    return None


def allows(mode: int, uid: int, gid: int, who: Person, wanted: int, *, acl: bytes | None = None) -> bool:
    """Whether a file of this mode and these owners lets somebody do something.

    Example:
        >>> daemon = Person("acctship", 990, 990, frozenset([990, 4]))
        >>> allows(0o640, 0, 4, daemon, READ), allows(0o640, 0, 4, daemon, WRITE), allows(0o600, 0, 4, daemon, READ)
        (True, False, False)
    """
    if who.uid == 0:
        return True
    if who.uid == uid:
        return mode >> 6 & wanted == wanted
    if acl is not None:
        granted = list(_granted(acl, gid, who))
        if granted:
            return any(bits & wanted == wanted for bits in granted)
    elif gid in who.gids:
        return mode >> 3 & wanted == wanted
    return mode & wanted == wanted


def _granted(acl: bytes, gid: int, who: Person) -> Iterator[int]:
    """Bits of the entries that are about somebody: their own entry, or else those of their groups."""
    entries = list(struct.iter_unpack("<HHI", acl[4:]))
    mask = next((bits for tag, bits, _ in entries if tag == _MASK), 7)
    own = [bits & mask for tag, bits, number in entries if tag == _USER and number == who.uid]
    if own:
        yield from own
        return
    for tag, bits, number in entries:
        if (tag == _GROUP_OWNER and gid in who.gids) or (tag == _GROUP and number in who.gids):
            yield bits & mask


def _folders(path: Path) -> list[Path]:
    return list(reversed(path.parents))


def _acl(path: Path) -> bytes | None:
    try:
        return os.getxattr(path, _ACL)
    except OSError:  # it has none, or its file system knows none
        return None
