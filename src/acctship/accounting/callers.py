"""Who called acct(2): while accounting is on, the call ends what is recorded by a record of its caller, who lives on.

The kernel fills a record's memory when a process ends (`acct_collect` in Linux `kernel/acct.c`), and no process ends
without any. So a record without memory is that of a caller, or of a kernel thread, which has none. Those are forked
and never call exec (AFORK), belong to root, and are children of kthreadd, process 2; inside a pid namespace there are
none. A caller has no flag, unless another thread of it ended before: then it has that one's flags, time and faults.

What cannot be told apart: a kernel thread and a caller that is root's, a child of process 2 or of none, and of which a
thread ended without a single fault; before v3, where records have no parent, a caller of root's without the last.
"""

from __future__ import annotations

from zlib import crc32

from acctship.events.escape import escape
from acctship.events.identity import event_id
from acctship.events.names import Names
from acctship.events.schema import Caller, User
from acctship.events.ttys import tty_text
from acctship.records import RecordBatch, command
from acctship.records.columns import Mask

_AFORK = 1
_KTHREADD = 2


def callers(records: RecordBatch) -> Mask:
    """Which records are those of callers of acct(2)."""
    rows = records.rows
    mask: Mask = rows["mem"] == 0  # undecoded: a comp_t is 0 where its value is
    if mask.any():
        kernel = (rows["flag"] & _AFORK != 0) & (rows["uid"] == 0) & (rows["minflt"] == 0) & (rows["majflt"] == 0)
        parents = records.parent_pids()
        if parents is not None:
            kernel &= parents <= _KTHREADD
        mask &= ~kernel
    return mask


def caller_of(records: RecordBatch, at: int, segment: str, names: Names) -> Caller:
    """The caller that one of `records` names.

    Args:
        records: of a segment.
        at: which of them.
        segment: id of the segment, as in `acct.segment`.
        names: tells the user's name.
    """
    pids, uid = records.pids(), int(records.uids()[at])
    tty = int(records.ttys()[at])
    return Caller(
        event=event_id(segment, int(records.offsets[at]), crc32(records.record(at))),
        name=escape(command(records.comms()[at])),
        pid=None if pids is None else int(pids[at]),
        user=User(id=str(uid), name=names.user(uid)),
        tty=tty_text(tty) if tty else None,
    )


def describe(caller: Caller) -> str:
    """A caller in words, for a message."""
    process = "" if caller.pid is None else f" (process {caller.pid})"
    user = f"{caller.user.id} ({caller.user.name})" if caller.user.name else caller.user.id
    return f"{caller.name}{process}, user {user}, terminal {caller.tty or '__'}"
