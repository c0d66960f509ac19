"""Accounting on and off, and proven to be."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import nullcontext, suppress
from pathlib import Path

from acctship.accounting.lock import alone
from acctship.accounting.mounts import refuse_private
from acctship.accounting.ownership import group_id, is_mended
from acctship.accounting.pausing import room
from acctship.accounting.place import Tell, make_folder, open_live
from acctship.accounting.proof import written_files
from acctship.accounting.suitable import refuse_unsuitable, warnings
from acctship.accounting.switch import account, ask_permission
from acctship.accounting.words import failures_in_words
from acctship.errors import AccountingError


def turn_on(live: Path, group: str, tell: Tell) -> str:
    """Have the kernel write to this file, and see that it does. Where it does already, nothing is done.

    Args:
        live: the file, absolute; it and its folder are made if they are missing.
        group: may read them.
        tell: called with what was made or mended on the way, and with what is unwise about the place.

    Returns:
        What is so now, in one line.

    Raises:
        AccountingError: it cannot be switched on, or is but nothing is recorded.
    """
    gid = group_id(group)
    if _is_all_well(live, gid):
        return f"{live}: accounting is on already"
    ask_permission(live)
    with failures_in_words(live):
        folder = live.parent if live.parent.exists() else live.parent.parent
        refuse_unsuitable(folder)
        refuse_private(folder)
        make_folder(live.parent, gid, tell)
        with alone(live, tell):
            descriptor = open_live(live, gid, tell)
            try:
                if live in (written := written_files(live)):
                    return f"{live}: accounting is on already"
                take_over(written, live, tell)
                for warning in warnings(live.parent):
                    tell(warning)
                account(descriptor, live)
            finally:
                os.close(descriptor)
            prove(live)
    return f"{live}: accounting is on"


def turn_off(live: Path, tell: Tell) -> str:
    """Have the kernel write to no file, and see that it does not write to this one. Arguments as those of `turn_on`.

    Raises:
        AccountingError: it cannot be switched off, or something goes on writing.
    """
    ask_permission(live)
    with failures_in_words(live), alone(live, tell) if live.parent.exists() else nullcontext():
        before = written_files(live)
        account(None, live)
        _refuse_written(written_files(live))
    return f"{live}: accounting is off" + ("" if before else "; nothing was recorded in it before, either")


def take_over(written: Collection[Path], live: Path, tell: Tell) -> None:
    """Get ready to switch from files that were renamed, whether a rotator was killed or leaves the switch to us.

    Raises:
        AccountingError: there is so little room that the kernel would not begin to write to a fresh file.
        OSError: that cannot be told.
    """
    for path in written:
        if not (space := room(live.parent)).enough:
            raise AccountingError(
                f"{path}: is still written to, and a switch would pause accounting: {space}: make room"
            )
        tell(f"{path}: was renamed, and the kernel still writes to it: it is switched to {live} now")


def prove(live: Path) -> None:
    """See that a process that ends is recorded in the live file, and in none beside it.

    Raises:
        AccountingError: it is not.
        OSError: it cannot be told why.
    """
    if live in (written := written_files(live)):
        _refuse_written(written - {live})
        return
    if not (space := room(live.parent)).enough:
        raise AccountingError(f"{live}: accounting is switched on, but paused: {space}: make room")
    raise AccountingError(
        f"{live}: accounting is switched on, but a process that has ended left no record: see the kernel log"
    )


def _is_all_well(live: Path, gid: int) -> bool:
    with suppress(OSError, AccountingError):
        return is_mended(live.stat(follow_symlinks=False), gid) and live in written_files(live)
    return False


def _refuse_written(files: Collection[Path]) -> None:
    if files:
        raise AccountingError(
            f"{min(files)}: is written to all the same, from the pid namespace around this one: switch it there"
        )
