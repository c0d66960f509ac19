"""What is remembered of canaries over restarts: `canary.json`. What is lost with it, nobody has to mend by hand."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from acctship.accounting.canary import KEY_BYTES
from acctship.delivery.keeping import documents
from acctship.errors import StateError

CANARY = "canary.json"


class Gap(Struct, frozen=True, forbid_unknown_fields=True):
    """A time in which the kernel may have recorded nothing, as far as it is known while it lasts.

    Attributes:
        since: when the last canary that has a record ended, seconds since 1970; None if none has in that run.
        after: `event.id` of the last record before it; None if there is none.
        cause: in words.
    """

    since: float | None
    after: str | None
    cause: str


class CanaryFile(documents.Document):
    """The document.

    Attributes:
        key: names the canaries, in hex; without it, earlier ones would be shipped as events.
        gap: the one that lasts.
    """

    key: str
    gap: Gap | None

    @property
    def secret(self) -> bytes:
        """The key's bytes."""
        return bytes.fromhex(self.key)


def load(directory: Path) -> CanaryFile | None:
    """What the state folder holds; None if it is missing or damaged."""
    with suppress(StateError, ValueError):
        found = documents.read(directory / CANARY, CanaryFile, None)
        if len(found.secret) == KEY_BYTES:
            return found
    return None


def begin(directory: Path) -> CanaryFile:
    """What the state folder holds, or a new key."""
    found = load(directory)
    if found is None:
        found = CanaryFile(key=os.urandom(KEY_BYTES).hex(), gap=None)
        save(directory, found)
    return found


def save(directory: Path, document: CanaryFile) -> None:
    """Keep it, if that is possible: that the folder cannot be written is told by whoever must write there."""
    with suppress(OSError):
        documents.write(directory / CANARY, document)
