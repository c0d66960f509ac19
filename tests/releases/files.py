"""Accounting files whose events have ids that no version may change: of every layout, hostile, damaged, alike."""

from __future__ import annotations

from tests.builders import HOSTILE_COMMANDS, ORDERS, random_records, record
from tests.layouts import NAMES, ordinary


def contents() -> dict[str, bytes]:
    """Each file by its name."""
    made = {name: b"".join(ordinary(name, 12)) for name in NAMES}
    for order in ORDERS:
        hostile = [record(order=order, pid=1 + at, mem=7, comm=comm) for at, comm in enumerate(HOSTILE_COMMANDS)]
        made[f"hostile-{'le' if order == '<' else 'be'}"] = b"".join(hostile)
    ten, others = random_records(10, seed=3), random_records(10, seed=4)
    made["torn-at-its-end"] = b"".join(ten)[:-30]
    made["torn-within"] = b"".join([*ten[:5], ten[5][:23], *others])
    made["overwritten-by-zeros"] = b"".join([*ten[:4], bytes(3 * 64), *others])
    made["begins-with-garbage"] = b"\xa5" * 40 + b"".join(ten)
    made["same-first-record"] = b"".join([ten[0], *others])  # as ten has: after copytruncate, or on a second disk
    made["ten"] = b"".join(ten)
    made["extremes"] = b"".join(
        [
            *ten[:2],
            record(pid=2**32 - 1, ppid=2**32 - 1, uid=2**32 - 1, gid=2**32 - 1, status=0xFF8B, flag=0x1F, mem=0xFFFF),
            record(pid=1, uid=0, gid=0, btime=2**31 + 10, etime=100.5, utime=0xFFFF, stime=0xFFFF, tty=0xFFFF, mem=1),
            *ten[2:],
        ]
    )
    return made
