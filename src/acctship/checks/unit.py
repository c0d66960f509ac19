"""What the daemon's unit adds to its user: groups that the system's database knows nothing of."""

from __future__ import annotations

import grp
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from acctship.accounting.rotators import UNIT_FOLDERS
from acctship.checks.access import Person

UNIT = "acctship.service"
_USER = "acctship"


def as_in_unit(who: Person, root: Path = Path("/")) -> Person:
    """The same person with the unit's SupplementaryGroups, if it is the unit's user.

    Args:
        who: from the system's database.
        root: of the file system in which the machine's configuration lies.
    """
    user, groups = _USER, set[int]()
    for line in _lines(root):
        key, _, value = line.partition("=")
        if key.strip() == "User":
            user = value.strip()
        elif key.strip() == "SupplementaryGroups":
            if not value.strip():  # which takes back what was said before
                groups.clear()
            for name in value.split():
                with suppress(KeyError):
                    groups.add(grp.getgrnam(name).gr_gid)
    return replace(who, gids=who.gids | groups) if user in (who.name, str(who.uid)) else who


def _lines(root: Path) -> Iterator[str]:
    """Of the unit, and of what was added to it, in the order of systemd."""
    units = [root / folder / UNIT for folder in UNIT_FOLDERS]
    added = {
        path.name: path for folder in reversed(UNIT_FOLDERS) for path in (root / folder / f"{UNIT}.d").glob("*.conf")
    }
    for path in [*[unit for unit in units if unit.exists()][:1], *(added[name] for name in sorted(added))]:
        with suppress(OSError):
            yield from path.read_text("utf-8", "replace").splitlines()
