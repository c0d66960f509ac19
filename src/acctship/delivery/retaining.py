"""Which accounting files may not be removed yet: `retain.json`, for `acctship accounting rotate`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from acctship.accounting.retain import FORMAT, RETAIN, Retain
from acctship.delivery.following.standing import Standing
from acctship.delivery.keeping import documents
from acctship.delivery.notice import Notice, Report
from acctship.delivery.place import Place
from acctship.delivery.shipper import Shipper

RENEW = 60.0
"""Seconds after which it is written again although nothing has changed."""


class Retaining:
    """Keeps the list. What a cursor on disk does not cover is never missing from it.

    Args:
        directory: the state folder.
        standing: tells what is unread.
        report: told if it cannot be written.
        shippers: of all configured outputs.
    """

    def __init__(self, directory: Path, standing: Standing, report: Report, shippers: Sequence[Shipper]) -> None:
        self._directory, self._path, self._standing = directory, directory / RETAIN, standing
        self._report, self._shippers = report, shippers
        self._marks: tuple[int, list[Mapping[str, Place]]] | None = None
        self._needed: list[str] | None = None
        self._due = float("-inf")

    def look(self, now: float, seen_at: float) -> None:
        """Write the list if it has changed, or if it gets old.

        Args:
            now: seconds, monotonic.
            seen_at: when the files were looked at, or before, in seconds since 1970: what has changed since then is not
                in the list.
        """
        # The places first: a cursor that moves on meanwhile makes the list longer than it need be, never shorter.
        reached = [shipper.kept for shipper in self._shippers]
        marks = (self._standing.changes, reached)
        if marks == self._marks and now < self._due:
            return
        needed = self._standing.needed(reached)
        if needed == self._needed and now < self._due:
            self._marks = marks
            return
        document = msgspec.json.encode(Retain(FORMAT, seen_at, needed)) + b"\n"
        try:
            documents.replace(self._path, [document], durable=needed != self._needed)
        except OSError as error:
            message = (
                f"{self._path}: cannot be written: {error.strerror}: no accounting file is removed until it can be"
            )
            self._report(Notice("state-unwritable", message, "start", RETAIN))
            return
        self._report(Notice("state-unwritable", f"{self._path}: can be written again", "end", RETAIN))
        self._marks, self._needed, self._due = marks, needed, now + RENEW


def seen_at(looked: float, interval: float) -> float:
    """A moment, in seconds since 1970, at which the files had not been looked at for the last time.

    Args:
        looked: by the monotonic clock, before the last poll.
        interval: seconds between two looks at the folder.
    """
    return time.time() - (time.monotonic() - looked) - interval
