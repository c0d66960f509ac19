"""Output `syslog`: each event as one message of RFC 5424 or RFC 3164, to any syslog server."""

from __future__ import annotations

from collections.abc import Iterable

import acctship
from acctship.outputs.syslog.config import Config


@acctship.hookimpl
def acctship_outputs() -> Iterable[acctship.OutputSpec]:
    """Bring `syslog`."""
    yield acctship.OutputSpec("syslog", Config, "Messages to a syslog server: local, UDP, TCP, TLS, or RELP")
