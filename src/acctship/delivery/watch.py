"""Is accounting on? The canary tells, for the kernel does not; and who switched it, where that is recorded."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from acctship.accounting.callers import describe
from acctship.accounting.canary import NAME, CanaryStatus, canary_name
from acctship.accounting.lookout import Lookout
from acctship.accounting.spawn import spawn
from acctship.delivery.following.follower import Follower
from acctship.delivery.keeping import canary_file
from acctship.delivery.keeping.canary_file import Gap
from acctship.delivery.keeping.cursors import Cursor
from acctship.delivery.notice import Notice
from acctship.delivery.outages import Outages
from acctship.delivery.place import NOT_WANTED, Place
from acctship.delivery.reporting import Reporter
from acctship.delivery.switches import Switches, behind
from acctship.events.escape import escape, escape_line
from acctship.events.names import Names
from acctship.records.columns import NS

AGAIN = 5.0
"""Seconds after a canary that failed until the next one, so that the end is told soon."""
_LOOKS = (0.0, 0.05, 0.2, 0.75, 2.0)
"""Seconds before each look: the record is there before a process has been waited for, so these are for slow disks."""
_STUCK = 60.0

State = Literal["found", "waiting", "missing", "failed"]


@dataclass(frozen=True)
class Ground:
    """Where and how often.

    Attributes:
        path: the accounting file, where the kernel writes it.
        interval: seconds between two canaries.
        directory: the state folder.
        names: tells names of users.
    """

    path: str
    interval: float
    directory: Path
    names: Names


class Watch:
    """Starts canaries and looks for their records, on a thread of its own.

    Args:
        ground: where and how often.
        follower: gives the records.
        cursors: of the outputs: what they have reached has been looked at.
        report: takes notices.

    Attributes:
        failure: what ended the thread, if anything did; a bug.
    """

    def __init__(self, ground: Ground, follower: Follower, cursors: Iterable[Cursor], report: Reporter) -> None:
        self._ground, self._document, self._report = ground, canary_file.begin(ground.directory), report
        after = None if self._gap is None else self._gap.after
        reached = _farthest(cursors) if after is None else behind(after, follower)
        self._switches = Switches(follower, ground.names, report, reached)
        self.failure: BaseException | None = None
        self._lookout = Lookout(ground.path)
        self._outages = Outages(ground.path, report)
        self._state: State = "waiting"
        self._sent = self._found = 0
        self._last_found: float | None = None
        self._behind: Gap | None = None  # it has ended, and the first record behind it has not been read yet
        self._second = int(time.time())  # a canary of an earlier run may have had this one's name
        self._due, self._began = 0.0, float("inf")
        self._changed = threading.Condition()
        self._news = self._ending = False
        self._thread = threading.Thread(target=self._main, name="acctship-canary", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """There is something new to read."""
        with self._changed:
            self._news = True
            self._changed.notify()

    def check(self) -> None:
        """To be called once a second: a process that does not end shall not go unnoticed."""
        if time.monotonic() > self._began + _STUCK:
            self._state = "failed"
            self._outages.failed("the canary was started, and does not end: is a disk stuck?")

    def status(self) -> CanaryStatus:
        """How canaries fared up to now."""
        return CanaryStatus(self._state, self._ground.interval, self._sent, self._found, self._last_found)

    def stop(self) -> None:
        """End; a canary on its way is not looked for any more."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(AGAIN)

    def _main(self) -> None:
        try:
            _tidy(_links(self._ground.directory))
            while not self._ending:
                if self._switches.read(lambda: self._ending):
                    self._due = 0.0  # it may be off from now on
                if self._behind is not None and self._switches.first is not None:
                    self._tell_gap(self._behind)
                if time.monotonic() >= self._due:
                    self._try()
                self._wait()
        except BaseException as error:  # noqa: BLE001 - a thread that ends in silence would watch over nothing
            self.failure = error
        finally:
            self._lookout.close()

    def _wait(self) -> None:
        """Until it is time for a canary, or something has come."""
        with self._changed:
            if not self._news and not self._ending:
                self._changed.wait(max(0.0, self._due - time.monotonic()))
            self._news = False

    def _pause(self, seconds: float) -> bool:
        """Wait so long; False if the end is near."""
        with self._changed:
            return not self._changed.wait_for(lambda: self._ending, seconds)

    def _try(self) -> None:
        now = time.time()
        if int(now) == self._second and not self._pause(self._second + 1 - now):  # each name is used once
            return
        self._second, self._state = int(time.time()), "waiting"
        self._switches.forget()
        try:
            state = self._send(canary_name(self._document.secret, self._second))
        except OSError as error:
            what = f"{escape(os.fsencode(error.filename))}: {error.strerror}" if error.filename else str(error)
            self._outages.failed(f"no canary could be sent and looked for: {what}")
            state = "failed"
        if state != "waiting":
            self._state = state
            self._due = time.monotonic() + (self._ground.interval if state == "found" else self._sooner)

    @property
    def _sooner(self) -> float:
        return min(AGAIN, self._ground.interval)

    def _send(self, name: bytes) -> State:
        """Start one, and look for its record; `waiting` if the end came before that was known."""
        self._lookout.aim()
        self._began = time.monotonic()
        try:
            spawn(name, _links(self._ground.directory))
        finally:
            self._began = float("inf")
        self._sent += 1
        for seconds in _LOOKS:
            if not self._pause(seconds):
                return "waiting"
            if self._lookout.find(name):
                self._outages.sent()
                self._on_found()
                return "found"
        self._outages.sent()
        if self._lookout.cut and self._gap is None:  # with the rest of the file, which is told as `truncated`
            return "missing"
        self._on_missing()
        return "missing"

    @property
    def _gap(self) -> Gap | None:
        return self._document.gap

    def _on_found(self) -> None:
        gap = self._gap
        self._found += 1
        self._last_found = time.time()
        self._outages.found(gap.cause if gap else "")
        self._switches.recent = None
        self._behind = gap

    def _on_missing(self) -> None:
        self._switches.read(lambda: self._ending)
        caller = self._switches.at_end(self._ground.path)
        paused = None if caller else self._outages.paused(self._lookout.room())
        caller = caller or (None if paused else self._switches.recent)
        if caller is not None:
            self._switches.told(caller)
        cause = paused or (f"switched, it seems, by {describe(caller)}" if caller else "nothing says who switched it")
        after = caller.event if caller else self._switches.last
        gap, self._behind = self._gap or Gap(self._last_found, after, cause), None
        if self._gap is None:
            self._switches.first = None
            self._keep(gap)
        self._outages.missing(paused, cause, {"after": gap.after, "by": caller})

    def _keep(self, gap: Gap | None) -> None:
        self._document = msgspec.structs.replace(self._document, gap=gap)
        canary_file.save(self._ground.directory, self._document)

    def _tell_gap(self, gap: Gap) -> None:
        self._behind = None
        self._report(  # and then forget it: who is killed in between tells it once more
            Notice(
                "accounting-gap",
                f"{escape_line(self._ground.path)}: records of processes that ended while accounting was off or paused "
                f"may be missing ({gap.cause})",
                details={"after": gap.after, "before": self._switches.first},
                event_id=None if gap.after is None else f"health-gap-{gap.after}",
                began_ns=None if gap.since is None else int(gap.since * NS),
            )
        )
        self._keep(None)


def _farthest(cursors: Iterable[Cursor]) -> dict[str, Place]:
    """How far some output has got in each segment."""
    reached: dict[str, Place] = {}
    for cursor in cursors:
        for key, place in cursor.reached().items():
            if place.offset != NOT_WANTED and place.offset >= reached.get(key, Place()).offset:
                reached[key] = place
    return reached


def _links(directory: Path) -> Path:
    """Where the links of canaries are made: systemd's RuntimeDirectory=, in memory; else the state folder."""
    runtime = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(runtime) if runtime else directory


def _tidy(folder: Path) -> None:
    """Remove the links of canaries whose daemon was killed."""
    with suppress(OSError):
        for path in folder.iterdir():
            if path.is_symlink() and NAME.fullmatch(path.name):
                path.unlink()
