"""Outputs as a site configures them, open, and closed in the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from acctship.outputs.fluentd.config import Config
from acctship.outputs.fluentd.sender import Sender
from acctship.strict import convert

KEY = "correct horse"
"""The shared key of `tests.outputs.fluentd.standin.Handshake`."""


def read(**keys: Any) -> Config:
    """What acctship makes of a table, as it would before the output is built."""
    made = convert({"address": "logs.example:24224", **keys}, Config, "outputs.logs")
    made.delivery()
    return made


def built(address: Any, *, timeout: float = 30.0, **keys: Any) -> Sender:
    """An output that has touched nothing yet."""
    config = read(address=address, **keys)
    output = config.output(msgspec.structs.replace(config.delivery(), timeout=timeout))
    assert isinstance(output, Sender)
    return output


@contextmanager
def opened(address: Any, **keys: Any) -> Iterator[Sender]:
    """An output that is open, and closed at the end of the block."""
    output = built(address, **keys)
    try:
        output.open()
        yield output
    finally:
        output.close()
