"""Records as the rows of GNU's `dump-acct`: every field of a record, between vertical bars."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from acctship.events.escape import escape
from acctship.events.memory import Memory
from acctship.events.ttys import tty_device, tty_name
from acctship.records import RecordBatch, command

# As in `events.normalize`: glibc then keeps the few MB that a batch takes, instead of giving them back after each.
bytes(8 << 20)

Characters = npt.NDArray[np.uint8]
"""A column of text: a line for each record, all of one width. NUL is no character: it is left out in the end."""

_FLAGS = "FSCDX"
"""Letters of the flags AFORK, ASU, ACOMPAT, ACORE, AXSIG, from the lowest bit."""
_SHOWN = "SFCDX"
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
        _numbers(batch.user_ticks(), 6),
        b".00|",
        _numbers(batch.system_ticks(), 6),
        b".00|",
        _numbers(batch.elapsed_ticks(), 6),
        b".00|",
        _numbers(batch.uids(), 6),
        b"|",
        _numbers(batch.gids(), 6),
        b"|",
        _numbers(batch.memory_kib(), 6),
        b".00|",
        _numbers(batch.transferred(), 6),
        b".00|",
        _process_ids(batch.pids(), len(batch)),
        b"|",
        _process_ids(batch.parent_pids(), len(batch)),
        b"|",
        _texts(batch.flags(), _flags),
        b"|",
        _numbers(_exit_codes(batch.wait_statuses()), 8),
        b"|",
        _texts(batch.ttys(), _terminal),
        b"|",
        _times(batch.begin_seconds()),
        b"\n",
    )
    return _join(parts, len(batch))


def _join(parts: tuple[bytes | Characters, ...], count: int) -> bytes:
    """Lines of all parts side by side; a part of bytes is the same in each line."""
    ends = list(accumulate(len(part) if isinstance(part, bytes) else part.shape[1] for part in parts))
    lines = np.empty((count, ends[-1]), np.uint8)
    for start, end, part in zip([0, *ends], ends, parts, strict=False):
        lines[:, start:end] = np.frombuffer(part, np.uint8) if isinstance(part, bytes) else part
    text = lines.tobytes()
    return text.translate(None, b"\0") if b"\0" in text else text


def _exit_codes(statuses: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.integer[Any]]:
    signals = statuses & 0x7F
    return np.where(signals, 128 + signals, statuses >> 8)


def _process_ids(ids: npt.NDArray[np.integer[Any]] | None, count: int) -> Characters:
    return _numbers(np.zeros(count, np.uint32) if ids is None else ids, 8)


def _names(comms: list[bytes]) -> Characters:
    names = list(map(_NAMES.__getitem__, comms))
    text = b"".join(names)
    if len(text) == _NAME_WIDTH * len(names):  # none is wider: five times as fast
        return np.frombuffer(text, np.uint8).reshape(len(names), _NAME_WIDTH)
    return _characters(np.array(names, "S"))


def _name(comm: bytes) -> bytes:
    return escape(command(comm)).replace("|", "\\x7c").encode().ljust(_NAME_WIDTH)


_NAMES = Memory(_name)


def _flags(flags: int) -> str:
    return "".join(letter if flags >> _FLAGS.index(letter) & 1 else " " for letter in _SHOWN)


def _terminal(recorded: int) -> str:
    if recorded == 0:
        return "__".ljust(8)
    return (tty_name(recorded) or "[{},{}]".format(*tty_device(recorded))).ljust(8)


def _characters(texts: npt.NDArray[np.bytes_]) -> Characters:
    return texts.view(np.uint8).reshape(len(texts), -1)


def _times(seconds: npt.NDArray[np.int64]) -> Characters:
    """Times as ctime(3) writes them. Every zone's clock has been whole minutes from UTC's since 1972."""
    minutes = seconds // 60
    text = _texts(minutes, _MINUTES.__getitem__)
    text[:, _SECOND] = _SECONDS[seconds - minutes * 60]
    return text


_MINUTES: Memory[int, str] = Memory(lambda minute: time.ctime(minute * 60))
_SECONDS = _characters(np.array([f"{second:02}" for second in range(60)], "S"))
_SECOND = slice(17, 19)


def _texts(column: npt.NDArray[np.integer[Any]], text: Callable[[int], str]) -> Characters:
    """Texts of values, each of which is made once; all are ASCII."""
    values, places = np.unique(column, return_inverse=True)
    return _characters(np.array(list(map(text, values.tolist())), "S"))[places]


def _four_digits() -> npt.NDArray[np.uint32]:
    """Texts of four digits: of 0 to 9999 with blanks in front, then of the same numbers with zeros in front."""
    texts = [f"{number:4}" for number in range(10_000)] + [f"{number:04}" for number in range(10_000)]
    return np.array(texts, "S4").view(np.uint32)


_LOWEST = _four_digits()
_HIGHER = _LOWEST.copy()
_HIGHER[0] = int.from_bytes(b"    ", sys.byteorder)  # nothing stands above the digits of a small number


def _numbers(values: npt.NDArray[np.integer[Any]], width: int) -> Characters:
    """Numbers, none negative, at the right of a column that is `width` wide, or as wide as the largest of them."""
    digits = len(str(values.max()))
    left: npt.NDArray[np.integer[Any]] = values.astype(np.uint32 if digits < 10 else np.int64)
    groups = np.empty((len(values), -(-max(width, digits) // 4)), np.uint32)
    table = _LOWEST
    for at in reversed(range(groups.shape[1])):
        higher = left // 10_000
        groups[:, at] = table[left - higher * 10_000 + (higher > 0) * 10_000]
        left, table = higher, _HIGHER
    text = groups.view(np.uint8)[:, -max(width, digits) :]
    wider = text[:, : max(0, digits - width)]
    wider[wider == ord(" ")] = 0
    return text
