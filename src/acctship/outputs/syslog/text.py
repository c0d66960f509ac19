r"""The format `text`: `key=value` for people and for `grep`.

    line  = pair *( SP pair )
    pair  = key "=" value
    key   = 1*( any character but SP, "=", '"' )
    value = 1*( any character but a space, "=", '"' ) / '"' *( any character but "=", '"' ) '"'

In keys and values `=` and the quotation mark are `\x3d` and `\x22`, a backslash is `\\`, and what could end a line or
move a cursor is `\xNN`, as `acctship.escape` has it: so `=` stands behind a key and nowhere else, and no name can forge
a field, not even for `grep ' user=root '`. A value that is empty or holds a space stands in quotation marks.
`acctship.unescape` gives the bytes of a value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from acctship.outputs.syslog.pairs import Pair, harmless

_PLAIN = re.compile(r"[!#-<>-~]+")
"""Printable ASCII but a space, `"` and `=`."""
_FORGING = re.compile(r'[="]')
_SPACE = re.compile(r"\s")


def text(pairs: Sequence[Pair]) -> str:
    r"""One line, without a newline.

    >>> text([("command", 'sh -c "x"'), ("user", "root=0")])
    'command="sh -c \\x22x\\x22" user=root\\x3d0'
    """
    line = " ".join([f"{name}={value}" for name, value in pairs])
    if _is_plain(line, len(pairs)):
        return line
    return " ".join([f"{_key(name)}={_value(value)}" for name, value in pairs])


def _is_plain(line: str, pairs: int) -> bool:
    """Tell whether a line is right as it is, because no name and no value brought anything to escape or to quote."""
    return (
        line.count("=") == pairs
        and line.count(" ") == pairs - 1
        and '"' not in line
        and "= " not in line
        and line[-1:] != "="
        and line.isprintable()
    )


def _key(name: str) -> str:
    if _PLAIN.fullmatch(name):
        return name
    return _SPACE.sub(_hex, _FORGING.sub(_hex, harmless(name)))


def _value(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    safe = _FORGING.sub(_hex, harmless(value))
    return f'"{safe}"' if not safe or _SPACE.search(safe) else safe


def _hex(match: re.Match[str]) -> str:
    return "".join(f"\\x{byte:02x}" for byte in match[0].encode())
