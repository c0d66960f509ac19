"""What a worker sends next, and when."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable

from acctship.delivery.sending.parcel import Part, Unsettled

Wait = Callable[[threading.Condition, float | None], object]
"""Waits on a condition that is held until it is notified, at most so many seconds; `threading.Condition.wait`."""

MOST_DELAYED = 16
"""Parcels that may stand aside with events to send again: a receiver that wants all again shall not fill the memory."""


class Outbox:
    """Parts that wait for their turn; safe to use from several threads.

    Args:
        most: parcels that may be worked on at the same time; those that stand aside do not count.
        clock: seconds that never go backwards.
        wait: how to wait.
    """

    def __init__(self, most: int, clock: Callable[[], float], wait: Wait) -> None:
        self._most, self._clock, self._wait = most, clock, wait
        self._changed = threading.Condition()
        self._ready: deque[Part] = deque()
        self._aside: list[tuple[float, Part]] = []
        self._under_way: list[Part] = []
        self._not_before = 0.0
        self._one_only = self._closed = False

    @property
    def closed(self) -> bool:
        """Nothing is sent any more."""
        return self._closed

    def put(self, part: Part) -> None:
        """Take a part, once there is room for it; not if the outbox is closed."""
        with self._changed:
            while not self._closed and not self._room():
                self._wait(self._changed, None)
            if not self._closed:
                self._ready.append(part)
                self._changed.notify_all()

    def take(self) -> Part | None:
        """The next part, which is under way from now on; None if the outbox is closed."""
        with self._changed:
            while not self._closed:
                due = self._due()
                if due is None:
                    self._wait(self._changed, None)
                elif (left := due - self._clock()) > 0:
                    self._wait(self._changed, left)
                else:
                    part = self._next()
                    self._under_way.append(part)
                    return part
            return None

    def finish(self, part: Part, again: Iterable[Part] = ()) -> None:
        """A part is not under way any more; what is left of it is first in the row."""
        with self._changed:
            self._under_way.remove(part)
            self._ready.extendleft(reversed(list(again)))
            self._changed.notify_all()

    def put_aside(self, part: Part, seconds: float) -> None:
        """Take a part that others may pass: it is not sent for some seconds, counted from when sending is allowed."""
        with self._changed:
            self._aside.append((max(self._clock(), self._not_before) + seconds, part))
            self._changed.notify_all()

    def hold(self, seconds: float, *, then_one_only: bool = False) -> None:
        """Let no part begin for some seconds, and then, if it was for a fault, one at a time until `release`."""
        with self._changed:
            self._not_before = max(self._not_before, self._clock() + seconds)
            self._one_only = self._one_only or then_one_only
            self._changed.notify_all()

    def release(self) -> None:
        """What was wrong is over: parts may be sent side by side."""
        with self._changed:
            self._one_only = False
            self._changed.notify_all()

    def sleep(self, seconds: float) -> bool:
        """Wait; False, at once, if the outbox is closed."""
        with self._changed:
            return not self._until(lambda: self._closed, seconds)

    def has_room(self, timeout: float = 0.0) -> bool:
        """Tell whether `put` would take a part at once, or will within some seconds; False if it is closed."""
        with self._changed:
            self._until(lambda: self._closed or self._room(), timeout)
            return not self._closed and self._room()

    def drain(self) -> bool:
        """Wait until nothing is left; False if it was closed before."""
        with self._changed:
            while self._under_way or (not self._closed and (self._ready or self._aside)):
                self._wait(self._changed, None)
            return not (self._ready or self._aside)

    def close(self) -> None:
        """Begin nothing from now on, and let nobody wait."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait_for_those_under_way(self, seconds: float) -> bool:
        """Wait until nothing is under way; False if something still is."""
        with self._changed:
            return self._until(lambda: not self._under_way, seconds)

    def _until(self, reached: Callable[[], bool], seconds: float) -> bool:
        end = self._clock() + seconds
        while not reached():
            left = end - self._clock()
            if left <= 0:
                return False
            self._wait(self._changed, left)
        return True

    def _room(self) -> bool:
        busy: set[Unsettled] = {part.whole for part in (*self._ready, *self._under_way)}
        aside = {part.whole for _, part in self._aside}
        return len(busy) < self._most and len(aside) < MOST_DELAYED

    def _due(self) -> float | None:
        """When the next part may begin; None: not before something changes."""
        if self._one_only and self._under_way:
            return None
        if self._ready:
            return self._not_before
        if self._aside:
            return max(self._not_before, min(due for due, _ in self._aside))
        return None

    def _next(self) -> Part:
        """Those that stood aside come first once they are due, or a long backlog would keep them waiting."""
        now = self._clock()
        for at, (due, part) in enumerate(self._aside):
            if due <= now:
                del self._aside[at]
                return part
        return self._ready.popleft()
