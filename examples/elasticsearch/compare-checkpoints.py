"""Compare what acctship says that it has sent with what is stored: a data stream that holds less has lost something.

    python compare-checkpoints.py URL --output NAME [--api-key-file FILE] [--namespace default] [--since WHEN]

For each checkpoint of the output (docs/health.md) it counts the distinct `event.id` of its segment between its two
offsets. More than were sent is no loss: somebody may have replayed dead letters, or shipped a file again. Checkpoints
of the last minute are left out, for searches do not find their events yet. Exit code 1 if something is missing.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch

PAGE = 10_000


def checkpoints(
    client: Elasticsearch, namespace: str, output: str, since: str, until: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Host and figures of each checkpoint."""
    query: dict[str, Any] = {
        "bool": {
            "filter": [
                {"term": {"event.action": "checkpoint"}},
                {"term": {"acct.health.output": output}},
                {"range": {"@timestamp": {"gte": since, "lte": until}}},
            ]
        }
    }
    sort = [{"@timestamp": "asc"}, {"event.id": "asc"}]
    after: list[Any] | None = None
    while True:
        page = client.search(
            index=f"logs-acct.health-{namespace}", query=query, sort=sort, size=PAGE, search_after=after
        )["hits"]["hits"]
        for hit in page:
            yield hit["_source"].get("host", {}).get("name", "-"), hit["_source"]["acct"]["health"]
        if len(page) < PAGE:
            return
        after = page[-1]["sort"]


def stored(client: Elasticsearch, namespace: str, segment: str, begin: int, end: int) -> int:
    """Distinct events of a stretch; exact, which the aggregation `cardinality` is not."""
    query: dict[str, Any] = {
        "bool": {"filter": [{"term": {"acct.segment": segment}}, {"range": {"acct.offset": {"gte": begin, "lt": end}}}]}
    }
    count, after = 0, dict[str, Any]()
    while True:
        by_id = {"size": PAGE, "sources": [{"id": {"terms": {"field": "event.id"}}}], **after}
        answer = client.search(
            index=f"logs-acct.process-{namespace}", size=0, query=query, aggs={"ids": {"composite": by_id}}
        )
        found = answer["aggregations"]["ids"]
        count += len(found["buckets"])
        if "after_key" not in found:
            return count
        after = {"after": found["after_key"]}


def main() -> int:
    """Print each stretch of which less is stored than was sent."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--output", required=True, help="its name in the configuration of acctship")
    parser.add_argument("--api-key-file", type=Path, help="of a key that may read both data streams")
    parser.add_argument("--namespace", default="default")
    parser.add_argument("--since", default="now-1d", help="as Elasticsearch takes it: 2026-11-24, now-7d")
    parser.add_argument("--until", default="now-1m")
    given = parser.parse_args()
    key = given.api_key_file.read_text().strip() if given.api_key_file else None
    client, compared, wrong = Elasticsearch(given.url, api_key=key), 0, 0
    for host, said in checkpoints(client, given.namespace, given.output, given.since, given.until):
        compared += 1
        there = stored(client, given.namespace, said["segment"], said["begin"], said["end"])
        if there < said["sent"]:
            wrong += 1
            print(f"{host}: segment {said['segment']}, bytes {said['begin']} to {said['end']}: ", end="")
            print(f"{said['sent']} sent, {there} stored")
    print(f"{compared} checkpoints compared, {wrong} disagree", file=sys.stderr)
    return 1 if wrong or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
