"""What is in a real Elasticsearch: data streams of one namespace, which nobody else uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.error import HTTPError

from acctship.outputs.elasticsearch.lifecycle import Lifecycle
from acctship.outputs.elasticsearch.mapping import mappings
from acctship.outputs.elasticsearch.templates import SETTINGS, templates
from tests.servers.elasticsearch import Elasticsearch

MAPPING: dict[str, Any] = mappings()
"""What `acctship setup elasticsearch` installs."""


class Stored:
    """The data streams of one namespace.

    Args:
        server: that runs.
        namespace: of its own.
    """

    def __init__(self, server: Elasticsearch, namespace: str) -> None:
        self.server, self.namespace = server, namespace
        self.process, self.health = f"logs-acct.process-{namespace}", f"logs-acct.health-{namespace}"
        self.template()

    def table(self, url: str = "", **keys: Any) -> dict[str, Any]:
        """What a site writes."""
        return {"type": "elasticsearch", "url": url or self.server.url, "namespace": self.namespace, **keys}

    def template(self, mapping: dict[str, Any] = MAPPING, **settings: Any) -> None:
        """Say how data streams are made that are not there yet: as by set-up, but for what is given."""
        ours = templates(Lifecycle())[f"/_component_template/{SETTINGS}"]["template"]
        template = {**ours, "settings": {**ours["settings"], **settings}, "mappings": mapping}
        body = {"index_patterns": [f"logs-acct.*-{self.namespace}"], "data_stream": {}, "priority": 200}
        self.server.ask("PUT", f"/_index_template/{self.namespace}", {**body, "template": template})

    def clear(self) -> None:
        """Remove the data streams and the template."""
        for stream in (self.process, self.health):
            with suppress(HTTPError):
                self.server.ask("DELETE", f"/_data_stream/{stream}")
        with suppress(HTTPError):
            self.server.ask("DELETE", f"/_index_template/{self.namespace}")

    def block(self, **blocks: bool | None) -> None:
        """Set blocks on the index that is written to, or take them off."""
        settings = {f"index.blocks.{name}": value for name, value in blocks.items()}
        self.server.ask("PUT", f"/{self.process}/_settings", settings)

    def ids(self, stream: str = "") -> list[str]:
        """`event.id` of each document; one that is there twice is named twice."""
        return [one["_id"] for one in self.documents(stream)]

    def documents(self, stream: str = "", *, source: bool | list[str] = False) -> Iterator[dict[str, Any]]:
        """All documents of a data stream, or of both, with fields of their source; none if it is not there."""
        stream = stream or f"{self.process},{self.health}"
        self.refresh()
        after: list[Any] = []
        query: dict[str, Any] = {"size": 10_000, "sort": ["event.id", "_doc"], "_source": source}
        while True:
            found = self.server.ask(
                "POST",
                f"/{stream}/_search?ignore_unavailable=true",
                {**query, **({"search_after": after} if after else {})},
            )["hits"]["hits"]
            yield from found
            if len(found) < query["size"]:
                return
            after = found[-1]["sort"]

    def count(self, stream: str = "") -> int:
        """Documents of a data stream, or of both."""
        stream = stream or f"{self.process},{self.health}"
        self.refresh()
        return int(self.server.ask("GET", f"/{stream}/_count?ignore_unavailable=true")["count"])

    def counts_by(self, field: str) -> Counter[str]:
        """Documents by the value of a field of processes."""
        self.refresh()
        terms = {"size": 0, "aggs": {"by": {"terms": {"field": field, "size": 10_000}}}}
        found = self.server.ask("POST", f"/{self.process}/_search", terms)["aggregations"]["by"]
        assert found["sum_other_doc_count"] == found["doc_count_error_upper_bound"] == 0
        return Counter({one["key"]: one["doc_count"] for one in found["buckets"]})

    def refresh(self) -> None:
        """Have searches find all that is stored."""
        self.server.ask("POST", f"/{self.process},{self.health}/_refresh?ignore_unavailable=true")
