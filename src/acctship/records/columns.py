"""Columns of records: what signatures call them, and the numbers in them that have a name.

Sources: acct(5); Linux `include/uapi/linux/acct.h` (the flags).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.integer[Any]]
"""Whole numbers of any width, as a record has them."""
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
"""What holds of which record."""
Rows = npt.NDArray[np.void]
"""Records as they are on disk: a structured array of some `Layout.dtype`."""

NS = 1_000_000_000
"""Nanoseconds in a second."""

AFORK, ASU, ACOMPAT, ACORE, AXSIG = 1, 2, 4, 8, 16
"""Bits of ac_flag: forked but never called exec, used root's privileges, used compatibility mode, dumped core, killed
by a signal."""
