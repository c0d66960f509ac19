"""One output, and one send through it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import acctship
from acctship.deployed import Deployed, deploy
from tests.outputs.splunk.scripted import Scripted


def deployed(server: Scripted | None, **keys: Any) -> Deployed:
    """The output that leads to a server, or to the `url` among the keys."""
    where = {"url": server.url} if server else {}
    return deploy("siem", {"type": "splunk_hec", "token": {"env": "HEC_TOKEN"}, **where, **keys})


@contextmanager
def opened(server: Scripted, **keys: Any) -> Iterator[acctship.Output]:
    """An output that is open."""
    output = deployed(server, **keys).build()
    output.open()
    yield output
    output.close()
