"""What a check came to."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from acctship.errors import AcctshipError


class Finding(Struct, frozen=True):
    """One line of a report.

    Attributes:
        check: what was looked at.
        state: `ok`; `warn` if it works now, but a person should know; `FAILED` if it does not work, or soon will not.
        finding: what is so.
        advice: what to do about it; empty if nothing.
        exit_code: of the program if this is the first that failed; see `acctship.errors`.
    """

    check: str
    state: Literal["ok", "warn", "FAILED"]
    finding: str
    advice: str = ""
    exit_code: int = 0


def ok(check: str, finding: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", finding)


def warn(check: str, finding: str, advice: str) -> Finding:
    """It works, but somebody should know."""
    return Finding(check, "warn", finding, advice)


def failed(check: str, finding: str | AcctshipError, advice: str = "") -> Finding:
    """It does not work; an error says by itself what to do."""
    code = finding.exit_code if isinstance(finding, AcctshipError) else AcctshipError.exit_code
    return Finding(check, "FAILED", str(finding), advice, code)
