"""Outputs `noted_jsonl` and `noted_webhook`: as `jsonl` and the example `webhook`, and they note what was acknowledged.

For each `send` that returned, the file `notes` gets a line: CLOCK_MONOTONIC in nanoseconds, and the process id of the
last record of the batch.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import acctship_output_webhook as webhook
from msgspec import Meta

import acctship
from acctship.outputs import jsonl

_pid = re.compile(rb'"process":{.*?"pid":(\d+)')


class _Noted:
    def __init__(self, output: acctship.Output, notes: str) -> None:
        self._output, self._notes = output, Path(notes).open("a", encoding="ascii", buffering=1)  # noqa: SIM115
        self.open, self.close = output.open, output.close

    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        result = self._output.send(batch)
        now = time.monotonic_ns()
        pid = next((found[1] for line in reversed(batch.json()) if (found := _pid.search(line))), None)
        if pid is not None:
            self._notes.write(f"{now} {pid.decode()}\n")
        return result


class Jsonl(jsonl.Config, kw_only=True):
    """JSON lines in a file."""

    notes: Annotated[str, Meta(description="File to note in")]

    def output(self, limits: acctship.Delivery, /) -> acctship.Output:
        """`jsonl`, noted."""
        return _Noted(super().output(limits), self.notes)


class Webhook(webhook.Config, kw_only=True):
    """A webhook."""

    notes: Annotated[str, Meta(description="File to note in")]

    def output(self, limits: acctship.Delivery, /) -> acctship.Output:
        """`webhook`, noted."""
        return _Noted(super().output(limits), self.notes)


@acctship.hookimpl
def acctship_outputs() -> Iterable[acctship.OutputSpec]:
    """Bring both."""
    yield acctship.OutputSpec("noted_jsonl", Jsonl, "jsonl, noted")
    yield acctship.OutputSpec("noted_webhook", Webhook, "webhook, noted")
