"""Output `splunk_hec`: batches to Splunk's HTTP Event Collector, acknowledged by its indexers where they can."""

from __future__ import annotations

from collections.abc import Iterable

import click

import acctship
from acctship.outputs.splunk.config import Config


@acctship.hookimpl
def acctship_outputs() -> Iterable[acctship.OutputSpec]:
    """Bring `splunk_hec`."""
    yield acctship.OutputSpec("splunk_hec", Config, "Events to Splunk's HTTP Event Collector", extra="splunk")


@acctship.hookimpl
def acctship_setup() -> Iterable[acctship.SetupSpec]:
    """Bring `acctship setup splunk`."""
    yield acctship.SetupSpec("splunk", _load_setup, "Create the index and the token, or print what creates them")


def _load_setup() -> click.Command:
    from acctship.outputs.splunk.setup import command  # noqa: PLC0415 - when it is called

    return command
