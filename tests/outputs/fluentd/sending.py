"""Outputs as a site configures them, open, and closed in the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from acctship.network.deadline import Deadline
from acctship.outputs.fluentd.config import Config
from acctship.outputs.fluentd.sender import Sender
from acctship.strict import convert
from tests.cli.service import until

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


def until_dead(output: Sender) -> None:
    """Wait until the kernel has heard that the first receiver's connection is gone: a moment after it has ended."""
    session = output._servers.all[0]._slots[0]._session
    assert session is not None
    until(lambda: not session.usable(Deadline(30, threading.Event())), "the end has been heard of")
