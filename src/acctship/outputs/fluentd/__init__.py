"""Output `fluentd`: chunks of events over the forward protocol, acknowledged, to Fluentd, Fluent Bit, and their kin."""

from __future__ import annotations

from collections.abc import Iterable

import acctship
from acctship.outputs.fluentd.config import Config


@acctship.hookimpl
def acctship_outputs() -> Iterable[acctship.OutputSpec]:
    """Bring `fluentd`."""
    yield acctship.OutputSpec("fluentd", Config, "Acknowledged chunks to Fluentd or Fluent Bit (forward)", "fluentd")
