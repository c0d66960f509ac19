"""Output `elasticsearch`: events into two data streams of Elasticsearch, each stored once in a backing index."""

from __future__ import annotations

from collections.abc import Iterable

import acctship
from acctship.outputs.elasticsearch.config import Config


@acctship.hookimpl
def acctship_outputs() -> Iterable[acctship.OutputSpec]:
    """Bring `elasticsearch`."""
    yield acctship.OutputSpec("elasticsearch", Config, "Documents in data streams of Elasticsearch", "elasticsearch")
