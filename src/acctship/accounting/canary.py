"""The canary: a process with a name that is used once, whose record proves that the kernel records."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class CanaryStatus(Struct, forbid_unknown_fields=True):
    """How the canaries of this run of the daemon fared.

    Attributes:
        state: `found` if the record of the last one was found, `missing` if not, `waiting` while it is looked for.
        interval: seconds between two of them.
        sent: how many processes were started.
        found: how many of them have a record.
        last_found: when the last one that has a record ended, seconds since 1970; None if none has.
    """

    state: Literal["found", "waiting", "missing"]
    interval: float
    sent: int
    found: int
    last_found: float | None
