r"""Structured data of RFC 5424 (6.3): one element, the event's fields by the names that `text` gives them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from acctship.outputs.syslog.pairs import Pair, harmless

_PLAIN = re.compile(r"[ !#-\[^-~]*")
r"""Printable ASCII but `"`, `\` and `]`."""
_SPECIAL = re.compile(r'["\\\]]')


def structured(sd_id: str, pairs: Sequence[Pair]) -> str:
    r"""One SD-ELEMENT; `"`, `\` and `]` in values have a backslash before them (6.3.3).

    >>> structured("acct@32473", [("command", 'a"b]'), ("id", "x-0-1")])
    '[acct@32473 command="a\\"b\\]" id="x-0-1"]'
    """
    line = " ".join([f'{name}="{value}"' for name, value in pairs])
    # In most, no value brings anything to escape: looking at all of them at once is five times as fast.
    if line.count('"') != 2 * len(pairs) or "]" in line or "\\" in line or not line.isprintable():
        line = " ".join([f'{name}="{_value(value)}"' for name, value in pairs])
    return f"[{sd_id} {line}]"


def _value(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    return _SPECIAL.sub(r"\\\g<0>", harmless(value))
