"""Find events that are in a data stream twice, which happens where an answer was lost and a rollover came next.

    python find-duplicates.py URL [--api-key-file FILE] [--stream logs-acct.process-*] [--since WHEN] [--until WHEN]

Prints `event.id` and how often it is there, for each that is there more than once. Exit code 1 if there is one.
Elasticsearch counts each id once per backing index; a request for all that occur twice would look at the first few of
each shard only, so this goes through all ids of the time, in their order.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch

PAGE = 10_000


def duplicates(client: Elasticsearch, stream: str, since: str, until: str) -> Iterator[tuple[str, int]]:
    """Ids that are there more than once, and how often."""
    query = {"range": {"@timestamp": {"gte": since, "lte": until}}}
    after: dict[str, Any] = {}
    while True:
        by_id = {"size": PAGE, "sources": [{"id": {"terms": {"field": "event.id"}}}], **after}
        answer = client.search(index=stream, size=0, query=query, aggs={"ids": {"composite": by_id}})
        found = answer["aggregations"]["ids"]
        yield from ((one["key"]["id"], one["doc_count"]) for one in found["buckets"] if one["doc_count"] > 1)
        if "after_key" not in found:
            return
        after = {"after": found["after_key"]}


def main() -> int:
    """Print them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--api-key-file", type=Path, help="of a key that may read the data stream")
    parser.add_argument("--stream", default="logs-acct.process-*")
    parser.add_argument("--since", default="now-1d", help="as Elasticsearch takes it: 2026-11-24, now-7d")
    parser.add_argument("--until", default="now")
    given = parser.parse_args()
    key = given.api_key_file.read_text().strip() if given.api_key_file else None
    found = False
    for name, times in duplicates(Elasticsearch(given.url, api_key=key), given.stream, given.since, given.until):
        print(name, times)
        found = True
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
