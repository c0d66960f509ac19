"""One output, and one send through it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import acctship
from acctship.deployed import Deployed, deploy
from tests.outputs.splunk.scripted import Scripted


def deployed(server: Scripted, **keys: Any) -> Deployed:
    """The output that leads to a server."""
    return deploy("siem", {"type": "splunk_hec", "url": server.url, "token": {"env": "HEC_TOKEN"}, **keys})


@contextmanager
def opened(server: Scripted, **keys: Any) -> Iterator[acctship.Output]:
    """An output that is open."""
    output = deployed(server, **keys).build()
    output.open()
    yield output
    output.close()
