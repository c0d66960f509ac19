"""The generated parts of docs/syslog.md."""

from __future__ import annotations

import acctship
from acctship.events.identity import Machine
from acctship.events.source import Source
from acctship.outputs.syslog.pairs import IDENTITY, RECORD
from acctship.outputs.syslog.shorten import OPTIONAL
from tests.events.making import make
from tests.outputs.syslog.making import messages
from tests.paths import PACCT

NUMBER, SIZE = 80, 64
"""The record whose name is an attack on the reader."""
SOURCE = Source("web1", Machine("web1"), "/var/log/account/pacct", {"site": "lab"})


def parts() -> dict[str, str]:
    return {
        "syslog: keys": _keys(),
        "syslog: order": ", ".join(f"`{name}`" for name in OPTIONAL),
        "syslog: json": _example(format="json"),
        "syslog: cee": _example(format="cee", rfc="3164"),
        "syslog: text": _example(format="text"),
        "syslog: structured": _example(format="text", structured_data=True, max_message=1000),
        "syslog: short": _example(format="text", max_message=480),
    }


def _keys() -> str:
    rows = [f"| `{key.name}` | `{key.field}` | {key.form} |" for key in RECORD]
    extras = ["| `labels.NAME` | `labels` | one for each |", "| `tag` | `tags` | one for each |"]
    last = [f"| `{key.name}` | `{key.field}` | {key.form} |" for key in IDENTITY]
    return "\n".join(["| Key | Field of the event | Form |", "| --- | --- | --- |", *rows, *extras, *last])


def _example(**keys: object) -> str:
    at = NUMBER * SIZE
    batch = make([PACCT.read_bytes()[at : at + SIZE]], source=SOURCE, offset=at)
    (message,) = messages(batch, **keys)
    return f"```text\n{message.decode().replace(acctship.__version__, 'VERSION')}\n```"
