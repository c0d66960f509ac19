"""What `acctship check` asks of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from acctship.outputs.elasticsearch.installed import templates_found
from acctship.outputs.elasticsearch.reasons import harmless

if TYPE_CHECKING:
    import elasticsearch

Ask = Callable[[Callable[["elasticsearch.Elasticsearch", float], Any]], Any]
"""Puts a question to a node that can be reached; raises what `send` would."""


def ask(put: Ask, streams: Sequence[str]) -> str:
    """Version of the cluster, whether it knows us, and whether the data streams are there, as a line for people.

    A key that may only append may ask for none of that: then the line says what is not known.

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
    templates: str = put(lambda client, _: templates_found(client))
    return "; ".join([f"reached {about}", *(_stream(put, name) for name in streams), templates])


def _stream(put: Ask, name: str) -> str:
    found: Any = put(lambda client, _: client.options(ignore_status=(403, 404)).indices.get_data_stream(name=name).body)
    if isinstance(found, dict) and found.get("data_streams"):
        return f"{name} is there"
    if isinstance(found, dict) and found.get("status") == 403:
        return f"whether {name} is there is not told to this key"
    return f"{name} is not there yet: the first event makes it, if its index template is there"
