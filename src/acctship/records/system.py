"""Where this system's own accounting file is."""

from __future__ import annotations

from pathlib import Path

from acctship.errors import InputError

SYSTEM_FILES = (
    Path("/var/log/account/pacct"),  # Debian, Ubuntu, SUSE
    Path("/var/account/pacct"),  # RHEL and its kin
)


def system_file() -> Path:
    """This system's own accounting file: the first of `SYSTEM_FILES` that exists.

    Raises:
        InputError: there is none.
    """
    for path in SYSTEM_FILES:
        try:
            path.stat()
        except FileNotFoundError:
            continue
        except OSError:
            return path  # a folder that may not be entered: opening the file then says who may
        return path
    names = " or ".join(map(str, SYSTEM_FILES))
    raise InputError(
        f"no accounting file at {names}: switch accounting on (acctship accounting on), or name a file with -f"
    )
