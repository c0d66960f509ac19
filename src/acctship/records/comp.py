"""comp_t, the kernel's 16-bit float: a 13-bit fraction and an exponent of 3 bits, base 8.

Source: acct(5); Linux `kernel/acct.c`, `encode_comp_t`.
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
