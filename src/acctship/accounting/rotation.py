"""The accounting file is renamed, and the kernel switched to a fresh one: no record falls between the two."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Collection
from pathlib import Path

from acctship.accounting.limits import Limits
from acctship.accounting.lock import alone
from acctship.accounting.mounts import refuse_private
from acctship.accounting.ownership import group_id, refuse_shared
from acctship.accounting.pausing import room
from acctship.accounting.place import Tell, open_fresh, open_live
from acctship.accounting.proof import written_files
from acctship.accounting.retention import Retained, retire
from acctship.accounting.switch import account, ask_permission
from acctship.accounting.turn import prove, take_over
from acctship.accounting.words import failures_in_words
from acctship.errors import AccountingError


def rotate(live: Path, group: str, state: Path, limits: Limits, tell: Tell) -> Retained:
    """Rotate the file, then remove what is too old or too much; that is done also where nothing can be rotated.

    Accounting that is off is not switched on, and a file without a record is not rotated. A rotation that was cut short
    between its two steps is brought to its end.

    Args:
        live: the accounting file, absolute.
        group: may read the fresh one.
        state: the daemon's folder.
        limits: of what is kept.
        tell: called with what was done, and with what was not and why.

    Raises:
        AccountingError: nothing was rotated, and why.
    """
    gid = group_id(group)
    ask_permission(live)
    with failures_in_words(live):
        if not live.parent.exists():
            raise AccountingError(f"{live.parent}: does not exist: acctship accounting on makes it")
        if live.is_symlink():
            raise OSError(errno.ELOOP, "", str(live))
        refuse_shared(live.parent)
        refuse_private(live.parent)
        with alone(live, tell):
            return _rotate(live, gid, tell, lambda keep: retire(live, state, limits, tell, keep))


def _rotate(live: Path, gid: int, tell: Tell, clear: Callable[[Collection[Path]], Retained]) -> Retained:
    size = live.stat().st_size if live.exists() else 0
    written = written_files(live)
    # Removing makes room, and switching takes some: to a fresh file the kernel writes only above its higher threshold.
    cleared = clear(written) if not written or not room(live.parent).enough else None
    if not written:
        raise AccountingError(_why_off(live))
    if live not in written:
        take_over(written, live, tell)
        _switch(open_live(live, gid, tell), live)
    elif not size:
        tell(f"{live}: holds no record: not rotated")
    elif not (space := room(live.parent)).enough:
        raise AccountingError(f"{live}: not rotated, for that would pause accounting: {space}: make room")
    else:
        tell(f"{live}: rotated to {_move_and_switch(live, gid)}")
    cleared = cleared or clear(written)
    prove(live)
    return cleared


def _move_and_switch(live: Path, gid: int) -> Path:
    uid, rotated = live.stat().st_uid, _free_name(live)
    live.rename(rotated)  # the kernel goes on writing to it
    try:
        _switch(open_fresh(live, uid, gid), live)
    except (OSError, AccountingError):  # nothing else: once it is switched, renaming would lose what is written
        rotated.rename(live)
        raise
    return rotated


def _switch(descriptor: int, live: Path) -> None:
    try:
        account(descriptor, live)
    finally:
        os.close(descriptor)


def _free_name(live: Path) -> Path:
    """`pacct-20261124-130000`, in UTC, which has no hour twice; with `.1` and so on if that is taken."""
    first = Path(f"{live}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}")
    path, number = first, 0
    while os.path.lexists(path):
        number += 1
        path = Path(f"{first}.{number}")
    return path


def _why_off(live: Path) -> str:
    """What to say of a file that the kernel does not write to."""
    if not (space := room(live.parent)).enough:
        return f"{live}: not rotated: accounting is paused, or off: {space}: make room"
    return f"{live}: not rotated: accounting is off: acctship accounting on switches it on"
