"""Ask an output whether its receiver would take events."""

from __future__ import annotations

from acctship.delivery.notice import one_line
from acctship.delivery.sending.bounded import call, close
from acctship.delivery.sending.connection import CLOSING
from acctship.deployed import Deployed
from acctship.output import CheckedOutput


def ask(deployed: Deployed) -> str | None:
    """Build an output, call its `check`, and close it; nothing is sent.

    Returns:
        What it found, as a harmless line; None if it has no check.

    Raises:
        HungError: no answer within the output's time limit.
        TypeError: it answered with something else than text.
        Exception: what the output raised.
    """
    timeout = deployed.limits.timeout
    output = call(deployed.build, timeout)
    if not isinstance(output, CheckedOutput):
        return None
    try:
        found: object = call(output.check, timeout)
    finally:
        close(output, min(timeout, CLOSING))
    if not isinstance(found, str):
        raise TypeError(f"check() returned {type(found).__name__}, not text")
    return one_line(found)
