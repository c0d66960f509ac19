"""What `acctship check` says of the templates in a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import acctship
from acctship.outputs.elasticsearch.templates import DATASETS, VERSION

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch


def templates_found(client: Elasticsearch) -> str:
    """Which version of the templates is installed, as a clause for people.

    Raises:
        HaltError: one is missing: no data stream can be made, and the types of fields would be guessed.
        Exception: what the client raises, but for a lack of rights: keys that can only append may not look.
    """
    from elasticsearch import ApiError  # noqa: PLC0415 - of the extra

    versions = []
    for dataset in DATASETS:
        try:
            found = client.indices.get_index_template(name=f"logs-{dataset}")
        except ApiError as error:
            if error.meta.status == 403:
                return "templates: these credentials may not see them"
            if error.meta.status == 404:
                raise acctship.HaltError(
                    f"index template logs-{dataset}: is missing: run acctship setup elasticsearch"
                ) from None
            raise
        version = (found["index_templates"][0]["index_template"].get("_meta") or {}).get("version", 0)
        versions.append(version if isinstance(version, int) else 0)
    oldest = min(versions)
    if oldest < VERSION:
        return f"templates: of version {oldest}, older than this program's {VERSION}: run acctship setup elasticsearch"
    return f"templates: of version {oldest}"
