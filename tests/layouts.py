"""Records of every Linux layout: written and read field by field with `struct`, not with the code under test."""

from __future__ import annotations

import random
import struct
from typing import NamedTuple

from tests.builders import BTIME, Order, comp_t

_OLD = "BBHHHI9H"
_FORMATS = {
    0: _OLD + "2xI17s11x",
    1: _OLD + "I17sBHII",
    2: _OLD + "HI17sBHII",
    3: "BBHIIIIIIfHHHHHHHH16s",
}
"""struct acct of each version, from acct(5) and `include/uapi/linux/acct.h`."""

NAMES = [f"linux-v{version}-{suffix}" for version in (3, 2, 1, 0) for suffix in ("le", "be")]
SIZES = {0: 64, 1: 62, 2: 64, 3: 64}


class Fields(NamedTuple):
    """What a record says; a layout that lacks a field drops it. Times are in ticks, comp_t's are numbers here."""

    flag: int = 0
    tty: int = 0
    status: int = 0
    uid: int = 1000
    gid: int = 1000
    pid: int = 4242
    ppid: int = 1
    btime: int = BTIME
    etime: int = 0
    utime: int = 0
    stime: int = 0
    mem: int = 0
    minflt: int = 0
    majflt: int = 0
    comm: bytes = b"true"
    ahz: int = 100


def version_of(name: str) -> int:
    return int(name[7])


def order_of(name: str) -> Order:
    return "<" if name.endswith("le") else ">"


def size_of(name: str) -> int:
    return SIZES[version_of(name)]


def encode(name: str, fields: Fields) -> bytes:
    """A record as the kernel of that layout would write it."""
    version, order, one = version_of(name), order_of(name), fields
    mark = 0x80 if order == ">" and version else 0
    small = [comp_t(value) for value in (one.utime, one.stime)]
    large = [comp_t(one.mem), 0, 0, comp_t(one.minflt), comp_t(one.majflt), 0]
    head = [one.flag, version | mark]
    if version == 3:
        ids = [one.tty, one.status, one.uid, one.gid, one.pid, one.ppid, one.btime, float(one.etime)]
        return struct.pack(order + _FORMATS[3], *head, *ids, *small, *large, one.comm)
    head += [one.uid & 0xFFFF, one.gid & 0xFFFF, one.tty, one.btime, *small, comp_t(one.etime), *large]
    if version == 0:
        return struct.pack(order + _FORMATS[0], *head, one.status, one.comm)
    high, low = divmod(comp2_t(one.etime), 65536)
    rest = [one.status, one.comm, high, low, one.uid, one.gid]
    return struct.pack(order + _FORMATS[version], *head, *([one.ahz] if version == 2 else []), *rest)


def comp2_t(value: int) -> int:
    """Encode a number as the kernel's encode_comp2_t does: 20 bits, the first of them implied, and an exponent."""
    if value < 1 << 19:
        return value
    exponent = rounding = 0
    while value >= 1 << 20:
        rounding = value & 1
        value >>= 1
        exponent += 1
    value += rounding
    if value >= 1 << 20:
        value >>= 1
        exponent += 1
    return (exponent + 1) << 19 | value & 0x7FFFF


def ordinary(name: str, count: int, *, seed: int = 1) -> list[bytes]:
    """Records such as a machine writes in an hour, the same at each call."""
    rng = random.Random(f"{seed}{name}")
    return [
        encode(
            name,
            Fields(
                flag=rng.choice((0, 0, 1, 2, 3, 0x10, 0x18)),
                tty=rng.choice((0, 0, 0x8800, 0x8803)),
                status=rng.choice((0, 0, 0, 1 << 8, 127 << 8, 9, 15, 0x80 | 11)),
                uid=rng.choice((0, 0, 33, 1000, 1001)),
                gid=rng.choice((0, 33, 1000)),
                pid=1300 + at,
                ppid=rng.choice((1, 299, 1200 + at)),
                btime=BTIME + at // 10,
                etime=rng.choice((0, 0, 1, 7, 99, 100, 101, 12_345, 900_000)),
                utime=rng.choice((0, 0, 0, 1, 2, rng.randrange(60_000))),
                stime=rng.choice((0, 0, 1, rng.randrange(3000))),
                mem=rng.randrange(2000, 200_000),
                minflt=rng.randrange(50, 2000),
                majflt=rng.choice((0, 0, 0, 1, 30)),
                comm=rng.choice((b"sh", b"cat", b"sleep", b"fifteen--bytes!", b"python3", b"a", b"kworker/u8:3")),
            ),
        )
        for at in range(count)
    ]
