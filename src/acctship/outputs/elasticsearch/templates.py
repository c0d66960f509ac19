"""Templates of the two data streams, as the requests that install them.

Source: https://www.elastic.co/docs/manage-data/data-store/templates
"""

from __future__ import annotations

from typing import Any

from acctship.outputs.elasticsearch.lifecycle import POLICY, Lifecycle
from acctship.outputs.elasticsearch.mapping import mappings

VERSION = 1
"""Of all templates together: one more whenever one of them changes, so that what is installed can be told to be old."""

DATASETS = ("acct.process", "acct.health")
MAPPINGS, SETTINGS = "acctship@mappings", "acctship@settings"
PRIORITY = 250
"""Above 100, which Elasticsearch's own template for `logs-*-*` has, and 200, which those of Elastic's packages have."""

_META = {"managed_by": "acctship", "version": VERSION}


def stream(dataset: str, namespace: str) -> str:
    """Name of a data stream.

    >>> stream("acct.process", "default")
    'logs-acct.process-default'
    """
    return f"logs-{dataset}-{namespace}"


def templates(lifecycle: Lifecycle) -> dict[str, dict[str, Any]]:
    """Body of each request, by its path, in the order in which they are sent; the method is PUT."""
    bodies = {
        f"/_component_template/{MAPPINGS}": {
            "template": {"mappings": {"_meta": _META, **mappings()}},
            "version": VERSION,
            "_meta": _META,
        },
        f"/_component_template/{SETTINGS}": {"template": _settings(lifecycle), "version": VERSION, "_meta": _META},
        **{f"/_index_template/logs-{dataset}": _index_template(dataset) for dataset in DATASETS},
    }
    policy = {f"/_ilm/policy/{POLICY}": lifecycle.policy} if lifecycle.policy else {}
    return policy | bodies


def _settings(lifecycle: Lifecycle) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "index.codec": "best_compression",  # kept for a year, and seldom read
        # A site with more labels than a mapping may have fields keeps its events: what is beyond is not indexed.
        "index.mapping.total_fields.ignore_dynamic_beyond_limit": True,
    }
    if lifecycle.of_stream is not None:
        return {"settings": settings, "lifecycle": lifecycle.of_stream}
    return {"settings": settings | {"index.lifecycle.name": POLICY}}


def _index_template(dataset: str) -> dict[str, Any]:
    custom = f"logs-{dataset}@custom"
    return {
        "index_patterns": [stream(dataset, "*")],
        "data_stream": {},
        "priority": PRIORITY,
        "composed_of": [MAPPINGS, SETTINGS, custom],  # a site's own comes last, and wins
        "ignore_missing_component_templates": [custom],
        "version": VERSION,
        "_meta": _META,
    }
