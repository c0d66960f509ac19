"""What a cluster can be asked without sending it an event, for `acctship check`.

A key that may only append may ask for little: what is not told to it is said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from acctship.outputs.elasticsearch.reasons import harmless
from acctship.outputs.elasticsearch.templates import DATASETS, VERSION

if TYPE_CHECKING:
    import elasticsearch

Ask = Callable[[Callable[["elasticsearch.Elasticsearch", float], Any]], Any]
"""Puts a question to a node that can be reached; raises what `send` would."""


def look(put: Ask, streams: Sequence[str]) -> str:
    """Version of the cluster, whether it knows us, and whether the data streams are there, as a line for people.

    Args:
        put: puts a question.
        streams: names of the data streams.

    Raises:
        RetryableError: nobody can be reached.
        HaltError: the cluster does not know us.
    """
    known: Any = put(lambda client, _: client.options(ignore_status=403).info().body)
    version = known.get("version", {}).get("number") if isinstance(known, dict) else None
    about = f"Elasticsearch {harmless(version)}" if version else "Elasticsearch, which tells this key no version"
    templates: str = put(lambda client, _: _templates(client))
    return "; ".join([f"reached {about}", *(_stream(put, name) for name in streams), templates])


def _stream(put: Ask, name: str) -> str:
    found: Any = put(lambda client, _: client.options(ignore_status=(403, 404)).indices.get_data_stream(name=name).body)
    if isinstance(found, dict) and found.get("data_streams"):
        return f"{name} is there"
    if isinstance(found, dict) and found.get("status") == 403:
        return f"whether {name} is there is not told to this key"
    return f"{name} is not there yet: the first event makes it, if its index template is there"


def _templates(client: elasticsearch.Elasticsearch) -> str:
    """Which version of the templates is installed, as a clause for people."""
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
