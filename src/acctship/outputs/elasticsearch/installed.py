"""What `acctship check` says of the templates in a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acctship.outputs.elasticsearch.templates import DATASETS, VERSION

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch


def templates_found(client: Elasticsearch) -> str:
    """Which version of the templates is installed, as a clause for people; keys that can only append may not look."""
    oldest = VERSION
    for dataset in DATASETS:
        name = f"logs-{dataset}"
        found: Any = client.options(ignore_status=(403, 404)).indices.get_index_template(name=name).body
        if isinstance(found, dict) and found.get("status") == 403:
            return "the version of the index templates is not told to this key"
        if not isinstance(found, dict) or not found.get("index_templates"):
            return f"index template {name} is missing: run acctship setup elasticsearch"
        version = (found["index_templates"][0]["index_template"].get("_meta") or {}).get("version", 0)
        oldest = min(oldest, version if isinstance(version, int) else 0)
    if oldest < VERSION:
        return f"index templates are of version {oldest}, older than {VERSION}: run acctship setup elasticsearch"
    return f"index templates are of version {oldest}"
