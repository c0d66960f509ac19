"""Which segments were seen, for the next run: `segments.json`."""

from __future__ import annotations

from acctship.delivery.following.follower import Follower
from acctship.delivery.keeping.state import State
from acctship.delivery.notice import Notice, Report

SAVE = 1.0
"""Seconds between two writes of the list, at least."""
SAVE_SIZES = 60.0
"""The same, where nothing has changed but sizes: the next run finds them out anew, unless the files are gone."""


class Remembering:
    """Keeps the list.

    Args:
        state: takes it.
        follower: knows the segments.
        report: told if the list cannot be written.
    """

    def __init__(self, state: State, follower: Follower, report: Report) -> None:
        self._state, self._follower, self._report = state, follower, report
        self._saved: object = None
        self._changed, self._saved_at = True, float("-inf")

    def note_change(self) -> None:
        """Something about the segments is not what it was."""
        self._changed = True

    def look(self, now: float) -> bool:
        """Write the list where files have changed, and now and then the sizes.

        Args:
            now: seconds, monotonic; infinity for the last look.

        Returns:
            False if it should have been written, and could not be.
        """
        if not self._changed or now < self._saved_at + SAVE:
            return True
        entries = self._follower.entries()
        shape = [(entry.key, entry.measured, entry.paths) for entry in entries]
        if shape == self._saved and now < self._saved_at + SAVE_SIZES:
            return True
        self._saved_at = now
        try:
            self._state.save_segments(entries)
        except OSError as error:
            message = f"{self._state.directory}: the list of segments cannot be written: {error.strerror}"
            self._report(Notice("state-unwritable", message, "start", "segments.json"))
            return False
        self._saved, self._changed = shape, False
        self._report(Notice("state-unwritable", "the list of segments can be written again", "end", "segments.json"))
        return True
