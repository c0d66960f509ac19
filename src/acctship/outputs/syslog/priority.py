"""PRI: facility and severity of a message (RFC 5424, 6.2.1)."""

from __future__ import annotations

from typing import get_args

from acctship.outputs.syslog.config import Config, Facility, Severity
from acctship.outputs.syslog.head import Head

_LOCAL0 = 16
"""syslog(3) names the facilities from 0 to 11, and those from 16 on."""
_OUTAGE: Severity = "err"
"""Of the health events that say `error`: an outage begins."""


def priority(facility: Facility, severity: Severity) -> int:
    """The number in angle brackets.

    >>> priority("authpriv", "info"), priority("local7", "debug")
    (86, 191)
    """
    if facility.startswith("local"):
        number = _LOCAL0 + int(facility.removeprefix("local"))
    else:
        number = get_args(Facility).index(facility)
    return number * 8 + get_args(Severity).index(severity)


class Priorities:
    """The PRI of each event: by how the process ended, or whether a health event tells of an outage."""

    def __init__(self, config: Config) -> None:
        failed = config.severity_failed or config.severity
        signal = config.severity_signal or failed
        core = config.severity_core or signal
        self._usual = priority(config.facility, config.severity)
        self._failed = priority(config.facility, failed)
        self._signal = priority(config.facility, signal)
        self._core = priority(config.facility, core)
        self._outage = priority(config.facility, _OUTAGE)

    def of(self, head: Head) -> int:
        """The PRI of one event."""
        if head.event.outcome == "failure":
            acct = head.acct
            if acct is not None and acct.signal is not None:
                return self._core if acct.flags is not None and "core" in acct.flags else self._signal
            return self._failed
        return self._outage if "error" in head.event.type else self._usual
