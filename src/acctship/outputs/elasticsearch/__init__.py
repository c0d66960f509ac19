"""Output `elasticsearch`: events into two data streams of Elasticsearch, each stored once in a backing index."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import acctship
from acctship.outputs.elasticsearch.config import Config

if TYPE_CHECKING:
    import click


@acctship.hookimpl
def acctship_outputs() -> Iterable[acctship.OutputSpec]:
    """Bring `elasticsearch`."""
    yield acctship.OutputSpec("elasticsearch", Config, "Documents in data streams of Elasticsearch", "elasticsearch")


@acctship.hookimpl
def acctship_setup() -> Iterable[acctship.SetupSpec]:
    """Bring `acctship setup elasticsearch`."""
    yield acctship.SetupSpec("elasticsearch", _setup, "Templates, data streams, retention, append-only keys")


def _setup() -> click.Command:
    from acctship.outputs.elasticsearch.setup import command  # noqa: PLC0415 - imported when it is called

    return command
