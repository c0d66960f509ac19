"""Output `splunk_hec`: batches to Splunk's HTTP Event Collector, acknowledged by its indexers where they can."""

from __future__ import annotations

from collections.abc import Iterable

import acctship
from acctship.outputs.splunk.config import Config


@acctship.hookimpl
def acctship_outputs() -> Iterable[acctship.OutputSpec]:
    """Bring `splunk_hec`."""
    yield acctship.OutputSpec("splunk_hec", Config, "Events to Splunk's HTTP Event Collector", extra="splunk")
