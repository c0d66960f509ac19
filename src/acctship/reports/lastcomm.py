"""Records as the rows of GNU's `lastcomm`."""

from __future__ import annotations

import pwd
import re
import time
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from acctship.events.escape import escape
from acctship.events.signals import exit_code, outcome
from acctship.events.ttys import tty_text
from acctship.records import RecordBatch, command
from acctship.records.batch import AHZ
from acctship.records.columns import ACOMPAT, ACORE, AFORK, ASU, AXSIG
from acctship.reports.characters import Characters, Texts, characters, join, numbers

Raw = npt.NDArray[np.uint8]

NAME_WIDTH = 16
_SU = NAME_WIDTH + 1
"""Where the flags begin in a row: with that of the super-user."""

_FLAGS = (b"S", ASU), (b"F", AFORK), (b"C", ACOMPAT), (b"D", ACORE), (b"X", AXSIG)
_FLAG_TEXTS = characters(
    [b"".join(letter if flags & bit else b" " for letter, bit in _FLAGS) + b"." for flags in range(256)]
)[:, :-1]  # the dot keeps numpy from cutting blanks off
_CENTS = characters([b".%02d" % cents for cents in range(100)])

_PLAIN = bytes([0, *range(0x20, 0x7F)])
_SHOWN = bytes(byte if byte in _PLAIN[1:] else ord("?") if byte else ord(" ") for byte in range(256))
_ODD = np.array([byte not in _PLAIN for byte in range(256)])

_SPACE = re.compile(r"\s")

_CLOCK_STEP = 30
"""Seconds. The minute that a clock on the wall shows changes at a multiple of these in every zone since 1970: zones
differ from UTC by whole minutes, but for Liberia until 1972, which had 44 minutes and 30 seconds."""

_RED, _MAGENTA, _YELLOW, _RESET = b"\x1b[31m", b"\x1b[35m", b"\x1b[33m", b"\x1b[0m"


def user_text(uid: int) -> str:
    """Name of a user as this system's database has it, escaped; the number where it has none.

    Unlike the names in events it is waited for however long it takes: rows are chosen by it.
    """
    try:
        return escape(pwd.getpwuid(uid).pw_name.encode("utf-8", "surrogateescape"))
    except KeyError:
        return str(uid)


def rows(
    *, paging: bool = False, pids: bool = False, print_controls: bool = False, colour: bool = False
) -> Callable[[RecordBatch], bytes]:
    r"""Give a function that makes rows of records, as lastcomm prints them, a line for each.

    The columns are: command; flags; user and terminal, or page faults and swaps; CPU time in seconds; begin, in the
    zone of TZ. A number that is wider than its column moves the rest of its row; a name is cut. Source: lastcomm(1),
    and trials of its release 6.6.4.

    A byte of a command's name that is no printable ASCII is shown as `?`, as lastcomm has it. Such a row, and that of a
    name that ends in a blank, has one word more, at its end: the whole name, escaped (`acctship.events.escape`), with
    `\x20` for a blank. So columns stay where they are, whatever name a process gives itself, and no two names look the
    same.

    Args:
        paging: page faults and swaps instead of user and terminal.
        pids: process and parent id at the end, where the layout has them.
        print_controls: the bytes of names as they are, which can forge rows and steer terminals.
        colour: for a terminal: failed in red, ended by a signal in magenta, the flag S in yellow.

    Example:
        render = rows(pids=True)
        for batch in reader:
            write(render(batch))
    """
    users = Texts(lambda uid: user_text(uid).encode("ascii", "replace"), 8)
    ttys = Texts(lambda tty: tty_text(tty).encode("ascii"), 8)
    begins = Texts(lambda steps: time.ctime(steps * _CLOCK_STEP).encode("ascii"), 16)

    def render(batch: RecordBatch) -> bytes:
        names = _names(batch)
        shown = np.where(names == 0, ord(" "), names) if print_controls else _shown(names)
        parts: list[bytes | Characters] = [shown, b" ", _FLAG_TEXTS[batch.flags()]]
        if paging:
            parts += [b" ", numbers(batch.minor_faults(), 6), b"min ", numbers(batch.major_faults(), 6)]
            parts += [b"maj ", numbers(batch.swaps(), 4), b"swp "]
        else:
            parts += [b" ", users(batch.uids()), b" ", ttys(batch.ttys()), b" "]
        parts += [_cpu_seconds(batch), b" secs ", begins(batch.begin_seconds() // _CLOCK_STEP)]
        process, parent = batch.pids(), batch.parent_pids()
        if pids and process is not None and parent is not None:
            parts += [b" ", numbers(process, 1), b" ", numbers(parent, 1)]
        text = join([*parts, b"\n"], len(batch))
        odd = [] if print_controls else _odd(names)
        if not colour and not odd:
            return text
        lines = text.split(b"\n")
        for at in odd:
            lines[at] += b" " + _word(names[at].tobytes())
        return b"\n".join(_painted(lines, batch) if colour else lines)

    return render


def _names(batch: RecordBatch) -> Raw:
    """Names up to their first NUL, the rest NUL."""
    place = batch.layout.name_bytes.start
    at = np.dtype(
        {"names": ["name"], "formats": [("u1", NAME_WIDTH)], "offsets": [place], "itemsize": batch.layout.size}
    )
    names: Raw = np.array(batch.rows.view(at)["name"], order="C")
    ended = names == 0
    if (ended[:, :-1] & ~ended[:, 1:]).any():
        names[np.logical_or.accumulate(ended, axis=1)] = 0
    return names


def _shown(names: Raw) -> Characters:
    return np.frombuffer(names.tobytes().translate(_SHOWN), np.uint8).reshape(names.shape)


def _odd(names: Raw) -> list[int]:
    """Which names cannot be told from what their column shows."""
    raw = names.tobytes()
    if not raw.translate(None, _PLAIN) and b" \0" not in raw:  # hardly ever is there one: look at all of them first
        return []
    odd = _ODD[names].any(axis=1) | ((names[:, :-1] == ord(" ")) & (names[:, 1:] == 0)).any(axis=1)
    found: list[int] = np.flatnonzero(odd).tolist()
    return found


def _word(name: bytes) -> bytes:
    return _SPACE.sub(
        lambda space: "".join(f"\\x{byte:02x}" for byte in space[0].encode()), escape(command(name))
    ).encode()


def _cpu_seconds(batch: RecordBatch) -> Characters:
    ticks, rate = batch.user_ticks() + batch.system_ticks(), batch.ticks_per_second()
    if np.all(rate == AHZ):
        seconds = ticks // AHZ
        return np.concatenate((numbers(seconds, 3), _CENTS[ticks - seconds * AHZ]), axis=1)
    return characters([b"%6.2f" % seconds for seconds in (ticks / rate).tolist()])


def _painted(lines: list[bytes], batch: RecordBatch) -> Iterator[bytes]:
    for line, status, flags in zip(lines, batch.wait_statuses().tolist(), batch.flags().tolist(), strict=False):
        paint = b"" if outcome(status) == "success" else _RED if exit_code(status) else _MAGENTA
        su = _YELLOW + b"S" + _RESET + paint if flags & ASU else line[_SU : _SU + 1]
        yield paint + line[:_SU] + su + line[_SU + 1 :] + (_RESET if paint else b"")
    yield b""
