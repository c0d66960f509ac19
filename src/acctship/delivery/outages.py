"""Outages of accounting itself: stopped, paused, or not known because no canary could be sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from acctship.accounting.pausing import Room
from acctship.delivery.following.telling import shown
from acctship.delivery.notice import Notice
from acctship.delivery.reporting import Reporter

STOPPED, PAUSED, FAILED = "accounting-stopped", "accounting-paused", "canary-failed"
OF_ACCOUNTING = (STOPPED, PAUSED, FAILED)


class Outages:
    """Reports each outage once, with its end; never two for one reason.

    Args:
        path: of the accounting file.
        report: takes notices, and knows what has begun before this run.
        clock: seconds that never go back.
    """

    def __init__(self, path: str, report: Reporter, clock: Callable[[], float] = time.monotonic) -> None:
        self._about, self._report, self._clock = shown(path), report, clock
        self._open = {action for action, about in report.open_outages() if about == self._about}
        self._room_since: float | None = None

    def failed(self, why: str) -> None:
        """No canary could be sent or looked for."""
        self._begin(FAILED, f"{why}: whether accounting is on is not known", {})

    def sent(self) -> None:
        """A canary has been sent, and looked for."""
        self._end(FAILED, "canaries can be sent again")

    def found(self, cause: str) -> None:
        """A canary has its record.

        Args:
            cause: of the time before in which none had, in words.
        """
        self._room_since = None
        for action in (STOPPED, PAUSED):
            self._end(action, f"the kernel records again; before: {cause or 'not known'}")

    def paused(self, space: Room | None) -> str | None:
        """Why a missing canary can be for want of space, in words; None if it cannot.

        Args:
            space: free on the file's file system; None if that is not known.
        """
        if space is None or STOPPED in self._open:
            return None
        if not space.enough:
            self._room_since = None
            return str(space)
        if PAUSED not in self._open:
            return None
        if self._room_since is None:
            self._room_since = self._clock()
        if self._clock() > self._room_since + 2 * space.kernel.every:
            return None
        return f"there is room again, and the kernel looks every {space.kernel.every} s"

    def missing(self, paused: str | None, cause: str, details: Mapping[str, Any]) -> None:
        """A canary has no record.

        Args:
            paused: what `paused` says.
            cause: why else, in words.
            details: fields of the event.
        """
        if paused:
            self._begin(PAUSED, f"accounting is paused: {paused}: make room", details)
            return
        self._end(PAUSED, "there is room again, but the kernel does not record")
        what = f"a process that ended has no record: accounting is off, or goes to another file: {cause}"
        self._begin(STOPPED, f"{what}: switch it on by `acctship accounting on`", details)

    def _begin(self, action: str, what: str, details: Mapping[str, Any]) -> None:
        if action not in self._open:
            self._open.add(action)
            self._report(Notice(action, f"{self._about}: {what}", "start", self._about, details))

    def _end(self, action: str, what: str) -> None:
        if action in self._open:
            self._open.discard(action)
            self._report(Notice(action, f"{self._about}: {what}", "end", self._about))
