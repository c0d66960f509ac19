"""Outputs as a site configures them, open, and closed in the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import acctship
from acctship.deployed import deploy


@contextmanager
def opened(url: Any, *, timeout: float = 30.0, **keys: Any) -> Iterator[acctship.Output]:
    deployed = deploy("tested", {"type": "elasticsearch", "url": url, "delivery": {"timeout": timeout}, **keys})
    output = deployed.build()
    try:
        output.open()
        yield output
    finally:
        output.close()
