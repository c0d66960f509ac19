"""What goes to standard output and standard error."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress

from acctship.errors import AcctshipError

_JSON_TEXT = re.compile(rb'("(?:[^"\\]|\\.)*")(:?)')


class OutputClosedError(AcctshipError):
    """Nobody reads standard output any more."""


def say(message: str) -> None:
    """Write one line to standard error, with whatever an attacker may have put into it escaped."""
    from acctship.events.escape import escape_line  # noqa: PLC0415 - not needed where all goes well

    line = f"acctship: {escape_line(message)}\n"
    with suppress(OSError):  # there may be nobody left to tell
        os.write(2, line.encode("utf-8", "backslashreplace"))


def write(data: bytes) -> None:
    """Write all of it to standard output, unbuffered.

    Raises:
        OutputClosedError: the reader has gone, or standard output is closed, or its disk is full.
    """
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(1, view) :]
    except BrokenPipeError:
        raise OutputClosedError("standard output was closed by its reader: the rest is not written") from None
    except OSError as error:
        raise OutputClosedError(f"standard output: {error.strerror}: the rest is not written") from None


def write_line(text: str) -> None:
    """Write a line of text to standard output, as `write` does; a lone surrogate, which no UTF-8 has, is escaped."""
    write(text.encode("utf-8", "backslashreplace") + b"\n")


def coloured(descriptor: int) -> bool:
    """Tell whether a descriptor (1 or 2) is a terminal whose user wants colour (https://no-color.org)."""
    return "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb" and is_terminal(descriptor)


def is_terminal(descriptor: int) -> bool:
    """Tell whether a descriptor is a terminal; False if it is closed."""
    return os.isatty(descriptor)


def colour_json(lines: bytes) -> bytes:
    """Paint the keys and the texts of JSON lines."""
    return _JSON_TEXT.sub(
        lambda text: (b"\x1b[36m" if text[2] else b"\x1b[32m") + text[1] + b"\x1b[0m" + text[2], lines
    )


def write_table(rows: Sequence[tuple[str, ...]], headings: tuple[str, ...]) -> None:
    """Write rows in aligned columns to standard output, with headings; the headings in bold on a terminal."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (headings, *rows)]
    if coloured(1):
        lines[0] = f"\x1b[1m{lines[0]}\x1b[0m"
    write_line("\n".join(lines))
