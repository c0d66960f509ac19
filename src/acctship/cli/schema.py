"""`acctship schema`: the JSON Schema of events."""

from __future__ import annotations

import click
import msgspec

from acctship.cli.terminal import write
from acctship.events.fields import json_schema


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of events.

    Every field has its meaning and unit there.

    \b
    acctship schema > event.schema.json
    """
    write(msgspec.json.format(msgspec.json.encode(json_schema())) + b"\n")
