"""Records of one layout written in another, as `dump-acct --raw` does."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from acctship.records import Layout, RecordBatch
from acctship.records.batch import AHZ
from acctship.records.columns import Ints, Rows
from acctship.records.plausible import OVERFLOW_ID

Values = npt.NDArray[np.integer[Any] | np.floating[Any]]


def convert(batch: RecordBatch, layout: Layout, ahz: int | None = None) -> bytes:
    """Records in another layout, version or byte order.

    What the old layout lacks is 0, what the new one lacks is lost: process ids before v3, and in v0 the ids of users
    and groups above 65535, which become 65534. A name keeps as many bytes as there is room for before a NUL. Times
    are converted where the ticks differ: CPU times are rounded, and elapsed times rounded down, which keeps the second
    in which the process ended.

    Args:
        batch: records of any Linux layout.
        layout: what to write.
        ahz: ticks per second in v0 and v2; without it those that a v2 record has, else 100. v1 and v3 have 100.

    Example:
        for batch in reader:
            file.write(convert(batch, LAYOUTS["linux-v2-be"]))
    """
    rate, rate_wanted = _rate(batch, ahz), _rate_wanted(batch, layout, ahz)
    if layout is batch.layout and np.array_equal(rate, rate_wanted):
        return batch.rows.tobytes()
    rows = np.zeros(len(batch), layout.dtype)
    for field in layout.fields & batch.layout.fields - {"version", "ahz", "etime"}:
        rows[field] = batch.rows[field]
    rows["version"] = layout.version_byte
    raw = rows.view(np.uint8).reshape(len(rows), -1)
    raw[:, layout.name_bytes.stop - 1] = 0
    _put_ids(batch, layout, rows)
    same = rate == rate_wanted
    for field, ticks in (("utime", batch.user_ticks()), ("stime", batch.system_ticks())):
        rows[field] = np.where(same, batch.rows[field], encode_comp_t(ticks * rate_wanted / rate))
    _put_elapsed(batch, layout, rows, rate, rate_wanted)
    if "ahz" in layout.fields:
        rows["ahz"] = rate_wanted
    return rows.tobytes()


def encode_comp_t(values: Values) -> npt.NDArray[np.int64]:
    """The comp_t nearest to each value, as the kernel rounds whole ones; 0xffff for all that is too large.

    Source: acct(5); Linux `kernel/acct.c`, `encode_comp_t`. `records.comp` decodes.

    >>> [hex(bits) for bits in encode_comp_t(np.array([5, 8191, 8192, 8196, 2**40]))]
    ['0x5', '0x1fff', '0x2400', '0x2401', '0xffff']
    """
    exponent, fraction = _scaled(values, 13, 3)
    return np.where(exponent < 8, exponent << 13 | fraction, 0xFFFF)


def encode_comp2_t(values: Values) -> npt.NDArray[np.int64]:
    """The 24 bits of the comp2_t of each value, rounded as `encode_comp_t` does.

    Source: acct(5); Linux `kernel/acct.c`, `encode_comp2_t`. `records.comp` decodes.

    >>> [hex(bits) for bits in encode_comp2_t(np.array([5, 2**19, 2**20, 2**20 + 1, 2**60]))]
    ['0x5', '0x80000', '0x100000', '0x100001', '0xffffff']
    """
    exponent, fraction = _scaled(values, 20, 1)
    small = exponent + (fraction >> 19)  # the highest bit of the fraction is implied
    return np.where(small < 32, small << 19 | fraction & 0x7FFFF, 0xFFFFFF)


def _rate(batch: RecordBatch, ahz: int | None) -> Ints:
    """Ticks per second of the records: a column, or one number for all."""
    if "ahz" in batch.layout.fields:
        return batch.rows["ahz"].astype(np.int64)
    return np.array(ahz if ahz and batch.layout.version == 0 else AHZ)


def _rate_wanted(batch: RecordBatch, layout: Layout, ahz: int | None) -> Ints:
    if layout.version not in (0, 2):
        return np.array(AHZ)
    if ahz:
        return np.array(ahz)
    return _rate(batch, None) if "ahz" in layout.fields else np.array(AHZ)


def _put_ids(batch: RecordBatch, layout: Layout, rows: Rows) -> None:
    """Write the ids of users and groups, in v1 and v2 those of 16 bits, too, which are cut as the kernel cuts them."""
    ids = {"uid": batch.uids().astype(np.int64), "gid": batch.gids().astype(np.int64)}
    for name, column in ids.items():
        fits = column <= np.iinfo(layout.dtype[name]).max
        rows[name] = np.where(fits, column, OVERFLOW_ID)
    if layout.version in (1, 2):
        rows["uid16"], rows["gid16"] = ids["uid"] & 0xFFFF, ids["gid"] & 0xFFFF


def _put_elapsed(batch: RecordBatch, layout: Layout, rows: Rows, rate: Ints, wanted: Ints) -> None:
    ticks = batch.elapsed_ticks()
    if layout.dtype["etime"].kind == "f":
        rows["etime"] = batch.rows["etime"] if batch.layout.version == layout.version else ticks * wanted / rate
        return
    ticks = ticks // rate * wanted + ticks % rate * wanted // rate
    rows["etime"] = encode_comp_t(ticks)
    if "etime_hi" in layout.fields:
        bits = encode_comp2_t(ticks)
        rows["etime_hi"], rows["etime_lo"] = bits >> 16, bits & 0xFFFF


def _scaled(values: Values, bits: int, step: int) -> tuple[Ints, Ints]:
    """Exponents and fractions: each value is nearly `fraction << step * exponent`, with a fraction of some bits."""
    scaled, exponent = values.astype(np.float64), np.zeros(len(values), np.int64)
    while (large := scaled >= 1 << bits).any():
        scaled = np.where(large, scaled / (1 << step), scaled)  # exact, so that all is rounded once
        exponent += large
    fraction = (scaled + 0.5).astype(np.int64)
    carried = fraction >> bits
    return exponent + carried, fraction >> carried * step
