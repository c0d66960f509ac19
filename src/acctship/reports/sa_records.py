"""A row for each record, as GNU's `sa --print-users` prints it."""

from __future__ import annotations

from functools import lru_cache

from acctship.events.escape import escape
from acctship.events.names import Lookup
from acctship.records import RecordBatch, command
from acctship.records.columns import AFORK
from acctship.reports.summary import IO_UNIT

_NAMES = 4096


def record_rows(records: RecordBatch, user: Lookup) -> bytes:
    """User, CPU seconds, size in KiB, I/O and command of each record.

    Unlike in sa, sizes are those recorded, not a quarter; names are harmless; user ids above 2^31 are positive.

    Args:
        records: one row each, in order.
        user: names of users; those without one are called by their number.
    """
    uids = records.uids().tolist()
    users = {uid: user(uid) or str(uid) for uid in set(uids)}
    rows = zip(
        uids,
        ((records.user_ticks() + records.system_ticks()) / records.ticks_per_second()).tolist(),
        records.memory_kib().tolist(),
        (records.transferred() / IO_UNIT).tolist(),
        map(_name, records.comms()),
        (records.flags() & AFORK).tolist(),
        strict=True,
    )
    lines = [
        f"{users[uid]:8.8} {cpu:6.2f} cpu {memory:8}k mem {io:6.0f} io {name:16}{'*' if forked else ''}\n"
        for uid, cpu, memory, io, name, forked in rows
    ]
    return "".join(lines).encode("utf-8", "backslashreplace")


@lru_cache(_NAMES)
def _name(comm: bytes) -> str:
    return escape(command(comm))
