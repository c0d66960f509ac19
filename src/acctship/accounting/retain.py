"""What the daemon and `accounting rotate` have to tell each other, as files of the state folder.

`retain.json`, by the daemon: which accounting files some output still needs. `forced.jsonl`, for the daemon: which of
them a hard limit has removed all the same.
"""

from __future__ import annotations

from msgspec import Struct

RETAIN, FORCED = "retain.json", "forced.jsonl"
FORMAT = 1


class Retain(Struct, forbid_unknown_fields=True):
    """What must not be removed, as of one moment.

    Attributes:
        format: of this document.
        time: of its writing, seconds since 1970: what was written to an accounting file after it may be needed as well.
        needed: absolute paths of accounting files that hold records which a configured output has not acknowledged.
    """

    format: int
    time: float
    needed: list[str]


class Forced(Struct, forbid_unknown_fields=True):
    """A file that was removed although an output needed it.

    Attributes:
        format: of this line.
        time: of its removal, seconds since 1970.
        path: of the file, absolute.
        size: in bytes.
        reason: the limit that forced it, in words.
    """

    format: int
    time: float
    path: str
    size: int
    reason: str
