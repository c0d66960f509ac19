"""Accounting records as a kernel writes them, made field by field with `struct`, without the code under test."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable
from typing import Literal

import numpy as np

from acctship.records import LAYOUTS, Layout, RecordBatch

Order = Literal["<", ">"]
ORDERS: tuple[Order, ...] = ("<", ">")
SIZE = 64
BTIME = 1_700_000_000  # 2023-11-14T22:13:20Z

FIELDS = "BBHIIIIIIfHHHHHHHH16s"
"""struct acct_v3, from acct(5)."""

HOSTILE_COMMANDS = (
    b"100%d %s %(x)s%",
    b"back\\slash\\x0a",
    b"tail\\",
    b'"quoted"',
    b"{\"a\": '\xc2\xa0'}",
    b"new\nline\r",
    b"\x1b[31mred",
    b"\x1b]0;title\x07",
    b"\xff\xfe\x80bad",
    b"cut\xe2\x82",
    b"\xe2\x80\xaegnp.exe",  # U+202E turns what follows around
    b"a\xe2\x80\xa8b\xe2\x80\xa9c",  # U+2028 and U+2029 end a line for some
    b"\xed\xa0\x80half",  # a surrogate, which UTF-8 must not hold
    b"\xc2\x85\x7f\x01",
    b"=1+1",
    b"@SUM(A1)",
    b"'; DROP TABLE",
    b" ",
    b"",
    b"gr\xc3\xb6\xc3\x9fe\xf0\x9f\x90\xa7",
    b"(\\0offset:d\\0)",
    b"fifteen--bytes!",
)
"""Names that a process can give itself to harm whoever reads them."""


def record(
    *,
    order: Order = "<",
    flag: int = 0,
    version: int | None = None,
    tty: int = 0,
    status: int = 0,
    uid: int = 1000,
    gid: int = 1000,
    pid: int = 4242,
    ppid: int = 1,
    btime: int = BTIME,
    etime: float = 0.0,
    utime: int = 0,
    stime: int = 0,
    mem: int = 0,
    io: int = 0,
    rw: int = 0,
    minflt: int = 0,
    majflt: int = 0,
    swaps: int = 0,
    comm: bytes = b"true",
) -> bytes:
    """One v3 record as it is on disk.

    `status` is what wait(2) gives (exit code << 8 | signal); `etime` is in ticks of 10 ms; utime to swaps are comp_t as
    they are on disk (see `comp_t`); `comm` is filled up with NUL to 16 bytes.
    """
    if version is None:
        version = 3 if order == "<" else 0x83
    head = (flag, version, tty, status, uid, gid, pid, ppid, btime, etime)
    return struct.pack(order + FIELDS, *head, utime, stime, mem, io, rw, minflt, majflt, swaps, comm)


def comp_t(value: int) -> int:
    """Encode a number as the kernel's encode_comp_t does: 13 bits of fraction, rounded, and an exponent of base 8."""
    exponent = rounding = 0
    while value > 0x1FFF:
        rounding = value & 4
        value >>= 3
        exponent += 1
    if rounding:
        value += 1
        if value > 0x1FFF:
            value >>= 3
            exponent += 1
    return exponent << 13 | value if exponent < 8 else 0xFFFF


def random_records(n: int, order: Order = "<", *, seed: int = 1) -> list[bytes]:
    """The same `n` records at each call, in the order of their ends: ordinary ones, and a hostile name now and then."""
    rng = random.Random(f"{seed}{order}")  # noqa: S311 - no secret depends on it
    made = []
    for at in range(n):
        elapsed = float(rng.choice((0, 1, 7, 99, 100, 101, 12_345, 9_000_000)))
        made.append(
            record(
                order=order,
                flag=rng.choice((0, 1, 2, 3, 0x10, 0x18)),
                tty=rng.choice((0, 0, 0x8800, 0x8803, 0x0440)),
                status=rng.choice((0, 0, 0, 1 << 8, 127 << 8, 9, 15, 0x80 | 11)),
                uid=rng.choice((0, 33, 1000, 1001)),
                gid=rng.choice((0, 33, 1000)),
                pid=300 + at,
                ppid=rng.randrange(300),
                btime=BTIME + at // 10 - int(elapsed) // 100,
                etime=elapsed,
                utime=rng.randrange(65536),
                stime=rng.randrange(65536),
                mem=rng.randrange(65536),
                minflt=rng.randrange(65536),
                majflt=rng.randrange(100),
                comm=rng.choice(HOSTILE_COMMANDS) if rng.random() < 0.1 else rng.choice((b"sh", b"cat", b"sleep")),
            )
        )
    return made


def layout(order: Order) -> Layout:
    """The layout of records of that byte order."""
    return LAYOUTS["linux-v3-le" if order == "<" else "linux-v3-be"]


def batch(records: Iterable[bytes], order: Order = "<", *, offset: int = 0) -> RecordBatch:
    """Records as the reader would pass them on, the first of them at `offset`."""
    rows = np.frombuffer(b"".join(records), layout(order).dtype)
    return RecordBatch(layout(order), rows, np.arange(len(rows), dtype=np.int64) * SIZE + offset)
