"""The kernel's small floating-point numbers.

`comp_t`: 16 bits, a fraction of 13 and an exponent of 3, base 8. `comp2_t`: 24 bits, a fraction of 20 whose highest bit
is implied, and an exponent of 5, base 2. Source: acct(5); Linux `kernel/acct.c`, `encode_comp_t`, `encode_comp2_t`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def decode_comp_t(value: int) -> int:
    """Value of one comp_t: 0 to 17,177,772,032.

    >>> decode_comp_t(0x2001)
    8
    """
    return (value & 0x1FFF) << 3 * (value >> 13)


COMP_T: npt.NDArray[np.int64] = (np.arange(65536, dtype=np.int64) & 0x1FFF) << 3 * (
    np.arange(65536, dtype=np.int64) >> 13
)
"""All 65,536 values, so that decoding a column is one indexing: `COMP_T[column]`."""


def decode_comp2_t(high: npt.NDArray[np.uint8], low: npt.NDArray[np.uint16]) -> npt.NDArray[np.int64]:
    """Values of a column of comp2_t: 0 to 1,125,898,833,100,800.

    Args:
        high: the highest 8 of the 24 bits.
        low: the other 16.

    >>> decode_comp2_t(np.array([0, 8, 255], "u1"), np.array([5, 0, 65535], "u2")).tolist()
    [5, 524288, 1125898833100800]
    """
    bits = high.astype(np.int64) << 16 | low
    fraction, exponent = bits & 0x7FFFF, bits >> 19
    return np.where(exponent == 0, fraction, (fraction | 0x80000) << np.maximum(exponent - 1, 0))
