"""The canary: a process with a name that is used once, whose record proves that the kernel records.

The name is `canary` and 9 characters of base32 of an HMAC-SHA256, under a secret key, over the second in which the
process was started. So any record tells later whether it is a canary's, also in a backlog and after a restart, and who
does not have the key cannot name a process so, but by copying a name within seconds.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from functools import lru_cache
from typing import Literal

from msgspec import Struct

PREFIX = b"canary"
NAME = re.compile("canary[a-z2-7]{9}")
KEY_BYTES = 32
OLDEST, NEWEST = 10, 1
"""Seconds that its start may lie before the end in its record, and behind: the kernel's clock of seconds is coarse."""


class CanaryStatus(Struct, forbid_unknown_fields=True):
    """How the canaries of this run of the daemon fared.

    Attributes:
        state: `found` if the record of the last one was found, `missing` if not, `waiting` while it is looked for,
            `failed` if it could not be started or looked for.
        interval: seconds between two of them.
        sent: how many processes were started.
        found: how many of them have a record.
        last_found: when the last one that has a record ended, seconds since 1970; None if none has.
    """

    state: Literal["found", "waiting", "missing", "failed"]
    interval: float
    sent: int
    found: int
    last_found: float | None


@lru_cache(1024)
def canary_name(key: bytes, second: int) -> bytes:
    """The name of the canary of one second: 15 bytes, all that the kernel keeps of a name.

    Args:
        key: `KEY_BYTES` that nobody else knows.
        second: in which it is started, since 1970.

    >>> canary_name(b"secret", 1_700_000_000)
    b'canary7perv6y55'
    """
    digest = hmac.digest(key, second.to_bytes(8, "big", signed=True), "sha256")
    return PREFIX + b32encode(digest)[:9].lower()


def is_canary(key: bytes, name: bytes, end: int) -> bool:
    """Whether a process of this name that ended in this second (since 1970) was a canary, or bears a canary's name."""
    if not name.startswith(PREFIX):
        return False
    return any(canary_name(key, second) == name for second in range(end - OLDEST, end + NEWEST + 1))
