"""Accounting records for tests: those of `acctship.testing`, and what Hypothesis makes of them."""

from __future__ import annotations

import random

from hypothesis import strategies as st

from acctship.testing.records import (
    BTIME,
    FIELDS,
    HOSTILE_COMMANDS,
    ORDERS,
    SIZE,
    Order,
    batch,
    comp_t,
    layout,
    random_records,
    record,
)

__all__ = [
    "BTIME",
    "FIELDS",
    "HOSTILE_COMMANDS",
    "ORDERS",
    "SIZE",
    "Order",
    "any_comp",
    "batch",
    "commands",
    "comp_t",
    "layout",
    "plain",
    "random_records",
    "record",
    "records",
]


def commands() -> st.SearchStrategy[bytes]:
    """Any name that a process can have: at most 15 bytes without NUL."""
    any_bytes = st.binary(max_size=15).map(lambda name: name.replace(b"\0", b"?"))
    return st.sampled_from(HOSTILE_COMMANDS) | any_bytes | st.text(max_size=5).map(_cut)


def records(order: Order = "<") -> st.SearchStrategy[bytes]:
    """Any record that a kernel can write, and a little more: a fraction in the elapsed time, any process id."""
    word, comp = st.integers(0, 2**32 - 1), st.integers(0, 0xFFFF)
    return st.builds(
        record,
        order=st.just(order),
        flag=st.integers(0, 0x3F),
        tty=st.sampled_from((0, 0x8800, 0x8FFF, 0x9000, 0x0440, 0x0501)) | comp,
        status=st.sampled_from((0, 9, 0x8B, 256)) | word,
        uid=word,
        gid=word,
        pid=word,
        ppid=word,
        btime=word,
        etime=st.floats(0, 2**32 * 100, width=32) | st.integers(0, 1000).map(float),
        utime=comp,
        stime=comp,
        mem=comp,
        io=comp,
        rw=comp,
        minflt=comp,
        majflt=comp,
        swaps=comp,
        comm=commands(),
    )


def any_comp(rng: random.Random) -> int:
    """A comp_t of any size, small as most are."""
    return comp_t(int(rng.paretovariate(0.2)) - 1)


def plain(comp: int) -> int:
    """What a comp_t says, decoded as acct(5) has it."""
    return comp % 8192 << 3 * (comp // 8192)


def _cut(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass").replace(b"\0", b"?")[:15]
