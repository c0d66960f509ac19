"""What a server says about an error, as a short and harmless line."""

from __future__ import annotations

from typing import Any

import acctship

_LONGEST = 300
"""Bytes of one reason."""


def reason_of(error: Any) -> str:
    """Type and reason of an `error` object of Elasticsearch, and what that was caused by.

    >>> reason_of({"type": "x_exception", "reason": "no", "caused_by": {"reason": "because"}})
    'x_exception: no: because'
    """
    if not isinstance(error, dict):
        return harmless(error) if error else "no reason given"
    causes = error.get("caused_by")
    parts = [error.get("type"), error.get("reason"), causes.get("reason") if isinstance(causes, dict) else None]
    return ": ".join([harmless(part) for part in parts if part]) or "no reason given"


def harmless(said: Any) -> str:
    """Cut short and escaped: a server may say anything, and quote an event in it."""
    if isinstance(said, bytes):
        return acctship.escape(said[:_LONGEST])
    return acctship.escape(str(said).encode("utf-8", "surrogatepass")[:_LONGEST])
