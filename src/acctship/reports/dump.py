"""Records as the rows of GNU's `dump-acct`: every field of a record, between vertical bars."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from acctship.events.escape import escape
from acctship.events.memory import Memory
from acctship.events.ttys import tty_text
from acctship.records import RecordBatch, command
from acctship.records.columns import ACOMPAT, ACORE, AFORK, ASU, AXSIG, Column, Ints
from acctship.reports.characters import Characters, characters, join, numbers

_FLAGS = (("S", ASU), ("F", AFORK), ("C", ACOMPAT), ("D", ACORE), ("X", AXSIG))
_NAME_WIDTH = 16


def dump_rows(batch: RecordBatch) -> bytes:
    r"""Rows as dump-acct prints them, a line for each record.

    The columns are: command; version of the layout; user, system and elapsed time in ticks as they were recorded; user
    and group id; memory in KiB; ac_io; process and parent id, 0 before v3; flags; exit code; terminal; begin, in the
    zone of TZ. A value that is wider than its column moves the rest of its row. Source: dump-acct(8), and trials of
    its release 6.6.4.

    Three columns say more than dump-acct's: a process that a signal ended has 128 + signal for its exit code, as
    shells put it, instead of 0; the characters of a command's name that would forge a row or steer a terminal are
    escaped (`acctship.events.escape`), and `|` as `\x7c`; terminals are never cut at 8 characters.

    Example:
        for batch in reader:
            write(dump_rows(batch))
    """
    parts = (
        _names(batch.comms()),
        f"|v{batch.layout.version}|".encode(),
        numbers(batch.user_ticks(), 6),
        b".00|",
        numbers(batch.system_ticks(), 6),
        b".00|",
        numbers(batch.elapsed_ticks(), 6),
        b".00|",
        numbers(batch.uids(), 6),
        b"|",
        numbers(batch.gids(), 6),
        b"|",
        numbers(batch.memory_kib(), 6),
        b".00|",
        numbers(batch.transferred(), 6),
        b".00|",
        _process_ids(batch.pids(), len(batch)),
        b"|",
        _process_ids(batch.parent_pids(), len(batch)),
        b"|",
        _texts(batch.flags(), _flags),
        b"|",
        numbers(_exit_codes(batch), 8),
        b"|",
        _texts(batch.ttys(), lambda tty: tty_text(tty).ljust(8)),
        b"|",
        _times(batch.begin_seconds()),
        b"\n",
    )
    return join(parts, len(batch))


def _exit_codes(batch: RecordBatch) -> Column:
    signals = batch.signals()
    return np.where(signals, 128 + signals, batch.wait_statuses() >> 8)


def _process_ids(ids: Column | None, count: int) -> Characters:
    return numbers(np.zeros(count, np.uint32) if ids is None else ids, 8)


def _names(comms: list[bytes]) -> Characters:
    names = list(map(_NAMES.__getitem__, comms))
    text = b"".join(names)
    if len(text) == _NAME_WIDTH * len(names):  # none is wider: five times as fast
        return np.frombuffer(text, np.uint8).reshape(len(names), _NAME_WIDTH)
    return characters(names)


def _name(comm: bytes) -> bytes:
    return escape(command(comm)).replace("|", "\\x7c").encode().ljust(_NAME_WIDTH)


_NAMES = Memory(_name)


def _flags(flags: int) -> str:
    return "".join(letter if flags & bit else " " for letter, bit in _FLAGS)


def _times(seconds: Ints) -> Characters:
    """Times as ctime(3) writes them. Every zone's clock has been whole minutes from UTC's since 1972."""
    minutes = seconds // 60
    text = _texts(minutes, _MINUTES.__getitem__)
    text[:, _SECOND] = _SECONDS[seconds - minutes * 60]
    return text


_MINUTES: Memory[int, str] = Memory(lambda minute: time.ctime(minute * 60))
_SECONDS = characters([b"%02d" % second for second in range(60)])
_SECOND = slice(17, 19)


def _texts(column: Column, text: Callable[[int], str]) -> Characters:
    """Texts of values, each of which is made once; all are ASCII."""
    values, places = np.unique(column, return_inverse=True)
    return characters([text(value).encode() for value in values.tolist()])[places]
