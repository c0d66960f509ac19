"""What a row of a summary stands for: a command, a user, an hour."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from acctship.events.escape import escape
from acctship.events.names import Names
from acctship.events.ttys import tty_device, tty_name
from acctship.records import RecordBatch, command
from acctship.records.columns import AFORK
from acctship.reports.numbering import Words

By = Literal["command", "user", "group", "tty", "hour", "host"]

NO_TTY, UNKNOWN = "none", "unknown"
"""For records of no terminal; for those of no known machine, and of no hour that a calendar has."""

QUARTER = 900
"""Seconds: time zones change, and differ from UTC, by multiples of 15 minutes (tz database, since 1972)."""


class Label(NamedTuple):
    """What a row stands for.

    Attributes:
        name: a command's name as recorded: any bytes; of all else, harmless text in UTF-8.
        forked: for commands, whether these are the processes that never called exec (AFORK); else False.
    """

    name: bytes
    forked: bool = False

    def text(self) -> str:
        """As sa prints it, with an asterisk for what forked without exec; harmless."""
        return escape(self.name) + ("*" if self.forked else "")


OTHER_LABEL = Label(b"***other")
"""How sa calls the rest."""


class Key(NamedTuple):
    """How to tell rows apart.

    Attributes:
        words: the keys of a batch of records of one host, as columns.
        width: number of these columns.
        label: what a key stands for.
    """

    words: Callable[[RecordBatch, str], Sequence[Words]]
    width: int
    label: Callable[[tuple[int, ...]], Label]


def key(by: By, names: Names) -> Key:
    """How to tell rows apart.

    Args:
        by: what a row stands for; an hour is that of the end, in local time.
        names: of users and groups; those without a name are called by their number.
    """
    hosts: dict[str, int] = {}
    if by == "command":
        return Key(lambda records, _: _command_words(records), 3, _command)
    if by == "user":
        return _column(RecordBatch.uids, lambda uid: names.user(uid) or str(uid))
    if by == "group":
        return _column(RecordBatch.gids, lambda gid: names.group(gid) or str(gid))
    if by == "tty":
        return _column(RecordBatch.ttys, _tty)
    if by == "hour":
        return _column(lambda records: records.end_seconds() // QUARTER, _hour)
    return Key(
        lambda records, host: [np.full(len(records), hosts.setdefault(host, len(hosts)), np.uint64)],
        1,
        lambda key: Label(list(hosts)[key[0]].encode()),
    )


def _column(column: Callable[[RecordBatch], np.ndarray], text: Callable[[int], str]) -> Key:
    return Key(
        lambda records, _: [column(records).astype(np.uint64)],
        1,
        lambda key: Label(text(key[0]).encode("utf-8", "surrogateescape")),
    )


def _command_words(records: RecordBatch) -> list[Words]:
    forked = (records.flags() & AFORK).view(np.uint8)
    place = records.layout.name_bytes
    if place.stop - place.start == 16:
        halves = [records.layout.name_words(records.rows, at) for at in (0, 8)]
        return [*map(np.ascontiguousarray, halves), forked]  # they are used twice
    words = records.rows["comm"].astype("S24").view("<u8").reshape(-1, 3)
    return [words[:, 0], words[:, 1], words[:, 2] << np.uint64(8) | forked]


def _command(key: tuple[int, ...]) -> Label:
    first, second, rest = key
    raw = b"".join(word.to_bytes(8, "little") for word in (first, second, rest >> 8))
    return Label(command(raw), bool(rest & 1))


def _tty(recorded: int) -> str:
    return tty_name(recorded) or ("{},{}".format(*tty_device(recorded)) if recorded else NO_TTY)


def _hour(quarter: int) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:00", time.localtime(quarter * QUARTER))
    except (OverflowError, ValueError, OSError):
        return UNKNOWN
