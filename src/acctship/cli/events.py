"""Records as lines of JSON, in whatever order a command shows them."""

from __future__ import annotations

from collections.abc import Callable

from acctship.cli.sources import Origin, describe
from acctship.cli.terminal import colour_json, coloured
from acctship.config import Config
from acctship.events.normalize import Normalizer
from acctship.events.render import rendering
from acctship.records import RecordBatch

First = Callable[[], RecordBatch]
Show = Callable[[str, First, RecordBatch], bytes]
"""Bytes to print, of a file's path, what gives its first records, and the records to show."""


def json_lines(settings: Config, where: Origin) -> Show:
    """Give a function that makes events, one JSON object a line, coloured on a terminal.

    The first records name the segment of a file, so that ids depend neither on the order nor on what is chosen.
    """
    names, paint = where.names(), coloured(1)
    render = rendering("json").render
    made: dict[tuple[str, bytes], Normalizer] = {}

    def show(path: str, first: First, records: RecordBatch) -> bytes:
        file = path, first().record(0)
        if file not in made:
            made.clear()
            made[file] = Normalizer(describe(path, settings, where), names)
            made[file].begin(first())
        lines = render(made[file].events(records))
        return colour_json(lines) if paint else lines

    return show
