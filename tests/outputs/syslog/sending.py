"""Outputs as a site configures them, open, and closed in the end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from acctship import Output
from acctship.outputs.syslog.config import Config
from tests.cli.service import until

BRIEF = 1.0
"""The limit `timeout` where no answer may come, in seconds."""


def built(transport: str, address: str | Iterable[str], *, timeout: float = 30.0, **keys: Any) -> Output:
    """An output that has touched nothing yet."""
    where = address if isinstance(address, str) else tuple(address)
    keys = {key: value if isinstance(value, int) else str(value) for key, value in keys.items()}
    config = msgspec.convert({"transport": transport, "address": where, **keys}, Config)
    return config.output(msgspec.structs.replace(config.delivery(), timeout=timeout))


@contextmanager
def opened(transport: str, address: str | Iterable[str], **keys: Any) -> Iterator[Output]:
    """An output that is open, and closed at the end of the block."""
    output = built(transport, address, **keys)
    try:
        output.open()
        yield output
    finally:
        output.close()


def ids(messages: Iterable[Mapping[str, Any]]) -> list[str]:
    """`event.id` of messages in format `json`, as rsyslog took them apart."""
    return [event["event"]["id"] for event in parsed(messages)]


def parsed(messages: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The events of such messages."""
    return [json.loads(message["msg"]) for message in messages]


def until_dead(output: Output) -> None:
    """Wait until the kernel has heard that the connection is gone, which can be a moment after it has ended."""
    until(lambda: not output._session.alive(), "the end has been heard of")  # type: ignore[attr-defined]  # no event tells
