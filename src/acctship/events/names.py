"""Names of users and groups. Looking one up never holds up an event for long."""

from __future__ import annotations

import grp
import pwd
import threading
import time
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from acctship.errors import InputError
from acctship.events.escape import escape

Lookup = Callable[[int], str | None]
"""The name of a number, escaped, or None: not known, or not known yet."""

WAIT = 0.25
"""Seconds to wait for the system's database, which may sit on an LDAP server, before an event goes without a name."""
KEEP, KEEP_MISSING = 3600.0, 60.0
"""Seconds to trust a name, and the news that there is none."""
MOST = 65_536
"""Names to keep: a machine has fewer users, and an attacker shall not grow us."""


class Names(NamedTuple):
    """Where the names in events come from."""

    user: Lookup
    group: Lookup


def no_name(_number: int) -> None:
    """Know no name: for `--numeric`."""


def system_names() -> Names:
    """Names from this system's databases (nsswitch.conf(5))."""
    return Names(
        TimedLookup(lambda uid: pwd.getpwuid(uid).pw_name),
        TimedLookup(lambda gid: grp.getgrgid(gid).gr_name),
    )


def file_lookup(path: str | PathLike[str]) -> Lookup:
    """Names from a file in the format of passwd(5) or group(5); the first line with a number counts.

    Raises:
        InputError: the file is unreadable, or a line is not `NAME:PASSWORD:NUMBER[:...]`.
    """
    names: dict[int, str] = {}
    try:
        lines = Path(path).read_bytes().splitlines()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path}: cannot be read: {reason}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip() or line[:1] in b"#+-":  # comments, and NIS' compat entries
            continue
        parts = line.split(b":")
        if len(parts) < 4 or not parts[2].isdigit():
            raise InputError(f"{path}: line {number}: not NAME:PASSWORD:NUMBER:..., see passwd(5) and group(5)")
        names.setdefault(int(parts[2]), escape(parts[0]))
    return lambda number: names.get(number) or None


class TimedLookup:
    """Ask a database that may be slow, on a thread of its own, and remember its answers.

    A call waits `wait` seconds at most; the answer that comes later serves later calls. While the database is late
    no call waits at all, and a name that has grown old is used until the new one is there.

    Args:
        ask: gives the name, or raises: any error means that there is none.
        wait: seconds.
        clock: seconds, for tests.
    """

    def __init__(self, ask: Callable[[int], str], *, wait: float = WAIT, clock: Callable[[], float] = time.monotonic):
        self._ask, self._wait, self._clock = ask, wait, clock
        self._known: dict[int, tuple[str | None, float]] = {}
        self._asked: set[int] = set()
        self._questions: SimpleQueue[int] = SimpleQueue()
        self._answered = threading.Condition()
        self._late = False
        self._thread: threading.Thread | None = None

    def __call__(self, number: int) -> str | None:
        """Name of a number; None if there is none, or none in time."""
        with self._answered:
            known = self._known.get(number)
            if known is not None and self._clock() < known[1]:
                return known[0]
            self._question(number)
            if known is None and not self._late:
                self._late = not self._answered.wait_for(lambda: number in self._known, self._wait)
                known = self._known.get(number)
            return known[0] if known else None

    def _question(self, number: int) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._answer, name="acctship-names", daemon=True)
            self._thread.start()
        if number not in self._asked and len(self._asked) < MOST:
            self._asked.add(number)
            self._questions.put(number)

    def _answer(self) -> None:
        while True:
            number = self._questions.get()
            name: str | None
            try:
                name = escape(self._ask(number).encode("utf-8", "surrogateescape"))
            except Exception:  # noqa: BLE001 - a broken name service must not stop events: there is no name then
                name = None
            with self._answered:
                if len(self._known) >= MOST:
                    self._known.clear()
                self._known[number] = name, self._clock() + (KEEP if name else KEEP_MISSING)
                self._asked.discard(number)
                self._late = False
                self._answered.notify_all()
