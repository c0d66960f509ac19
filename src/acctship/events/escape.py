r"""Names that somebody else chose, made safe for a terminal and a log line, and back again.

Backslash becomes `\\`. Bytes that are no UTF-8, and control, format, surrogate and separator characters (Unicode
categories Cc, Cf, Cs, Zl, Zp), become `\xNN`, one for each byte. Everything else stays as it is.
"""

from __future__ import annotations

import re
import unicodedata

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_ESCAPED = re.compile(rb"\\(?:\\|x([0-9a-f]{2}))")


def escape(raw: bytes) -> str:
    r"""Write any bytes as one line of harmless text.

    >>> escape(b"ls\n\x1b[31m\xff")
    'ls\\x0a\\x1b[31m\\xff'
    """
    text = raw.decode("utf-8", "surrogateescape")
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text
    return "".join(map(_escape_character, text))


def unescape(text: str) -> bytes:
    r"""Bytes that `escape` was given.

    >>> unescape("ls\\x0a")
    b'ls\n'
    """
    return _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode()) if match[1] else b"\\", text.encode())


def escape_line(text: str) -> str:
    """Make a message safe to print: as `escape`, but a backslash stays one, for nobody reverses it."""
    return "".join(char if char == "\\" else _escape_character(char) for char in text)


def _escape_character(char: str) -> str:
    if char == "\\":
        return "\\\\"
    if unicodedata.category(char) in _UNSAFE:
        undecodable = "\udc80" <= char <= "\udcff"  # one byte each; other surrogates come from broken programs
        raw = char.encode("utf-8", "surrogateescape" if undecodable else "surrogatepass")
        return "".join(f"\\x{byte:02x}" for byte in raw)
    return char
